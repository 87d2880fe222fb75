"""Names a spec may use, tasks and languages, and the nearest one to a wrong name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace

from sweeps.spec.sound_tasks import faults_of
from xlt_core.lab.tasks import lab_tasks
from xlt_core.tasks import all_tasks, get_task
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import all_languages, get_language
from xlt_core.vocabulary.plan import Member, Step
from xlt_core.vocabulary.plugged import of_ones_own

_LIKE = 0.5


def nearest(name: str, names: Iterable[str]) -> str:
    """The name most like `name`, or an empty text."""
    close = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=_LIKE)
    return close[0] if close else ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A remedy: the nearest name, where one is near, and all there are, the likest first."""
    known = tuple(names)
    near = nearest(name, known)
    listed = all_there_are(name, known)
    return f"did you mean {near}? {listed}" if near else listed


def all_there_are(name: str, names: Iterable[str]) -> str:
    """Every name that could stand there, the likest first, equals as they come."""
    known = dict.fromkeys(names)
    near = nearest(name, known)
    ordered = sorted(known, key=lambda one: (one != near, -_likeness(name, one)))
    return f"there are: {', '.join(ordered)}"


def _likeness(name: str, other: str) -> float:
    """How alike two names are; nothing where they are less alike than chance has it."""
    found = difflib.SequenceMatcher(None, other, name.lower()).ratio()
    return found if found >= _LIKE else 0.0


def every_task() -> tuple[Task, ...]:
    """Every task there is, the lab's among them."""
    return (*all_tasks(), *lab_tasks())


def target_names() -> tuple[str, ...]:
    """Every task that may be a target."""
    return tuple(task.name for task in every_task() if task.is_target)


def intermediate_names() -> tuple[str, ...]:
    """Every task that may be an intermediate task."""
    return tuple(task.name for task in every_task() if "intermediate" in task.roles)


def encoder_names() -> tuple[str, ...]:
    """Every encoder that has a short name."""
    from xlt_core.models.encoders import known_encoders

    return tuple(name for known in known_encoders() for name in known.names)


def known_task(name: str, names: Iterable[str] | None = None) -> Task:
    """The task called `name`, which nothing is wrong with.

    Args:
        names: those that will do where it stands; all by default.

    Raises:
        UserMistake: there is none, and the names there are, `where` left empty; or what is wrong
            with it itself.
    """
    try:
        task = get_task(name)
    except UserMistake:
        every = tuple(task.name for task in every_task()) if names is None else tuple(names)
        remedy = did_you_mean(name, every)
        own = of_ones_own()
        remedy = f"{remedy}; {own}" if nearest(name, every) else f"{own}; {remedy}"
        raise UserMistake(Mistake("", f"{name!r} is not a task", remedy)) from None
    if faults := tuple(faults_of(task)):
        raise UserMistake(faults)
    return task


def known_target(name: str) -> Task:
    """The target called `name`. Raises UserMistake where there is none."""
    plain, bracket, code = name.partition("[")
    task = known_task(plain if bracket else name, target_names())
    if not task.is_target:
        remedy = all_there_are(plain, target_names())
        raise UserMistake(Mistake("", f"{plain} is an intermediate task, not a target", remedy))
    if bracket:
        code = known_language(code.rstrip("]"), task)
        what = f"{name!r}: the languages of a target stand beside its name"
        raise UserMistake(Mistake("", what, f"write {plain}: [{code}]"))
    return task


def known_step(text: str) -> Step:
    """The step written `mnli`, `qqp+squad` or `panx[ru]`, its tasks and languages known.

    Raises:
        UserMistake: one mistake for each member that is wrong.
    """
    try:
        step = Step.parse(text)
    except UserMistake as error:
        raise UserMistake(replace(error.mistakes[0], where="")) from None
    mistakes = [mistake for member in step.members for mistake in _member_mistakes(member)]
    if mistakes:
        raise UserMistake(mistakes)
    return step


def known_language(code: str, task: Task | None = None) -> str:
    """A language's code. Raises UserMistake where it is unknown, or none of `task`'s."""
    try:
        get_language(code)
    except UserMistake as error:
        there = tuple(one.code for one in all_languages()) if task is None else task.languages
        meant = error.mistakes[0].remedy  # it knows languages by their names too
        listed = all_there_are(code, there)
        remedy = f"{meant} {listed}" if "did you mean" in meant else listed
        raise UserMistake(Mistake("", f"{code!r} is not a language's code", remedy)) from None
    if task is not None and code not in task.languages:
        remedy = f"{task.name} has {' '.join(task.languages)}"
        raise UserMistake(Mistake("", f"{task.name} has no data in {code}", remedy))
    return code


def _member_mistakes(member: Member) -> Iterable[Mistake]:
    try:
        task = known_task(member.task, intermediate_names())
        if "intermediate" not in task.roles:
            remedy = all_there_are(task.name, intermediate_names())
            yield Mistake("", f"{task.name} is a target, not an intermediate task", remedy)
        else:
            known_language(member.language, task)
    except UserMistake as error:
        yield from error.mistakes
