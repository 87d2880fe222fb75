"""Names a spec may use: tasks, languages, search methods; and the nearest one to a wrong name."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from xlt_core.tasks import all_tasks, get_task
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import get_language
from xlt_core.vocabulary.plan import Member, Step

# What the first release's table holds; the search package's own table wins where it has more.
_METHODS = ("grid", "random", "tpe")


def nearest(name: str, names: Iterable[str]) -> str:
    """The name most like `name`, or an empty text."""
    close = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.5)
    return close[0] if close else ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A remedy: the nearest name, or all of them."""
    known = list(names)
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"known: {', '.join(known)}"


def methods() -> tuple[str, ...]:
    """Names of search methods.

    The search stands above this layer, so that its table is looked up by name and not imported.
    """
    table = getattr(importlib.import_module("sweeps.search.samplers"), "methods", None)
    return tuple(table()) if callable(table) else _METHODS


def option_mistakes(method: str, options: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """What a method says of `search.options`; `where` is the option's name. Found as `methods`."""
    table: Any = importlib.import_module("sweeps.search.samplers")
    found: tuple[Mistake, ...] = table.option_mistakes(method, options)
    return found


def target_names() -> tuple[str, ...]:
    """Every task that may be a target."""
    return tuple(task.name for task in all_tasks() if task.is_target)


def intermediate_names() -> tuple[str, ...]:
    """Every task that may be an intermediate task."""
    return tuple(task.name for task in all_tasks() if "intermediate" in task.roles)


def known_task(name: str) -> Task:
    """The task called `name`. Raises UserMistake, `where` left empty, with the nearest name."""
    try:
        return get_task(name)
    except UserMistake as error:
        near = nearest(name, (task.name for task in all_tasks()))
        if name.startswith("lab-"):
            remedy = error.mistakes[0].remedy
        else:
            remedy = f"did you mean {near}?" if near else "`xlt tasks` lists them"
        raise UserMistake(Mistake("", f"{name!r} is not a task", remedy)) from None


def known_target(name: str) -> Task:
    """The target called `name`. Raises UserMistake where there is none."""
    task = known_task(name)
    if not task.is_target:
        remedy = f"targets: {', '.join(target_names())}"
        raise UserMistake(Mistake("", f"{name} is an intermediate task, not a target", remedy))
    return task


def known_step(text: str) -> Step:
    """The step written `mnli`, `qqp+squad` or `panx[ru]`, its tasks and languages known.

    Raises:
        UserMistake: one mistake for each member that is wrong.
    """
    try:
        step = Step.parse(text)
    except UserMistake as error:
        what = f"{error.mistakes[0].where} {error.mistakes[0].what}"
        raise UserMistake(Mistake("", what, error.mistakes[0].remedy)) from None
    mistakes = [mistake for member in step.members for mistake in _member_mistakes(member)]
    if mistakes:
        raise UserMistake(mistakes)
    return step


def known_language(code: str, task: Task | None = None) -> str:
    """A language's code. Raises UserMistake where it is unknown, or none of `task`'s."""
    try:
        get_language(code)
    except UserMistake as error:
        remedy = error.mistakes[0].remedy
        raise UserMistake(Mistake("", f"{code!r} is not a language's code", remedy)) from None
    if task is not None and code not in task.languages:
        remedy = f"{task.name} has {' '.join(task.languages)}"
        raise UserMistake(Mistake("", f"{task.name} has no data in {code}", remedy))
    return code


def _member_mistakes(member: Member) -> Iterable[Mistake]:
    try:
        task = known_task(member.task)
        if "intermediate" not in task.roles:
            remedy = f"intermediate tasks: {', '.join(intermediate_names())}"
            yield Mistake("", f"{task.name} is a target, not an intermediate task", remedy)
        else:
            known_language(member.language, task)
    except UserMistake as error:
        yield from error.mistakes
