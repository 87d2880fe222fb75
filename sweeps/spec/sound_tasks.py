"""What is wrong with a task itself: whatever would end a sweep of it with an error of nobody's.

Each mistake names the task and its field; where the spec names the task is put before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import fields
from typing import Any

from sweeps.spec.ranges import LENGTHS, read_field, rules
from xlt_core.kinds import KINDS
from xlt_core.metrics import METRICS
from xlt_core.tasks import TABLE, get_task
from xlt_core.tasks.layout import FORMS, TableForm
from xlt_core.tasks.task import Beside, Task
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import LANGUAGES
from xlt_core.vocabulary.recipe import Recipe

TEXTS = ("name", "kind", "title", "metric")
LISTS = ("labels", "languages", "roles", "questions", "trains_on", "beside")
MAPPINGS = ("aliases", "defaults", "shares_text_with")
ROLES = ("intermediate", "target")


def faults_of(task: Task) -> Iterator[Mistake]:
    """What is wrong with a task, or with those that are trained for it; `where` is left empty."""
    shape = [*_misshapen(task)]
    if shape:  # what stands in them cannot be looked at
        yield from shape
        return
    yield from _of_one(task)
    for name in task.training:
        if name != task.name and (trained := TABLE.get(name)) is not None:
            yield from [*_misshapen(trained)] or _of_one(trained)


def _of_one(task: Task) -> Iterator[Mistake]:
    yield from _unknown(task, "kind", [task.kind], KINDS)
    yield from _unknown(task, "metric", [task.metric], METRICS)
    yield from _unknown(task, "trains_on", _no_tasks(task.training), TABLE)
    yield from _unknown(task, "shares_text_with", _no_tasks(task.shares_text_with), TABLE)
    yield from _unknown(task, "roles", task.roles, ROLES)
    yield from _languages(task)
    yield from _labels(task)
    yield from _defaults(task)
    if task.kind in KINDS and task.metric in METRICS:
        yield from _ill_fitting(task)


def _misshapen(task: Task) -> Iterator[Mistake]:
    """Fields that do not hold what they are to: texts, lists and mappings of them."""
    for name in TEXTS:
        if not isinstance(text := getattr(task, name), str):
            yield _mistake(task, name, f"{text!r} is no text", "put it in quotes")
    for name in LISTS:
        value = getattr(task, name)
        if value is None and name == "trains_on":
            continue
        if isinstance(value, str):
            remedy = f"write {name}=({value!r},): a comma makes it a list of one"
            yield _mistake(task, name, f"{value!r} is a text, not a list", remedy)
        elif isinstance(value, Set):
            what = "is a set, whose order is another in every process"
            yield _mistake(task, name, what, "write a tuple, in round brackets")
        elif not isinstance(value, tuple | list):
            remedy = f"write {name}=(…,): a comma makes it a list of one"
            yield _mistake(task, name, f"{value!r} is not a list", remedy)
        else:
            yield from _items(task, name, value)
    for name in MAPPINGS:
        value = getattr(task, name)
        if not isinstance(value, Mapping):
            yield _mistake(task, name, f"{value!r} is not a mapping", "write {…: …}")
        elif wrong := [key for key in value if not isinstance(key, str)]:
            yield _mistake(task, name, f"{wrong[0]!r} is no text", "put it in quotes")


def _items(task: Task, name: str, items: Iterable[Any]) -> Iterator[Mistake]:
    seen: list[object] = []
    for item in items:
        if name == "beside":
            if not (isinstance(item, Beside) and isinstance(item.split, str)):
                remedy = "write beside=(Beside('candidates'),)"
                yield _mistake(task, name, f"{item!r} is no Beside", remedy)
        elif not isinstance(item, str):
            yield _mistake(task, name, f"{item!r} is no text", "put it in quotes")
        elif item in seen:
            yield _mistake(task, name, f"{item!r} stands twice", "name each once")
        seen.append(item)


def _languages(task: Task) -> Iterator[Mistake]:
    """Each score belongs to a family; found late, a sweep would end with a stage trained."""
    for code in task.languages:
        if code not in LANGUAGES:
            remedy = (
                f"LANGUAGES[{code!r}] = Language({code!r}, name, family, branch, script) adds it, "
                "in a module of XLT_PLUGINS (docs/extending.md); `xlt languages` lists the others"
            )
            yield _mistake(task, "languages", f"{code!r} is not known", remedy)


def _labels(task: Task) -> Iterator[Mistake]:
    for spelling, label in task.aliases.items():
        if label not in task.labels:
            there = ", ".join(task.labels) or "it has none"
            what = f"{spelling!r} is to stand for {label!r}, which is not one of the labels"
            yield _mistake(task, "aliases", what, f"labels: {there}")
    if task.kind in KINDS and KINDS[task.kind].has_classes and not task.labels:
        yield _mistake(task, "labels", f"a task of {task.kind} needs some", "name them, in order")


def _defaults(task: Task) -> Iterator[Mistake]:
    known = {field.name for field in fields(Recipe)} - {"options"}
    known |= {field for method in METHODS.values() for field in option_fields(method)}
    yield from _unknown(task, "defaults", task.defaults, known)
    given = [name for name in LENGTHS if task.defaults.get(name) is not None]
    if len(given) > 1:
        what = f"{given[0]} and {given[1]} are both given"
        yield _mistake(task, "defaults", what, "keep one of them")
    for name, value in task.defaults.items():
        try:
            if isinstance(value, Mapping):
                raise UserMistake(Mistake("", "is a range", "a task's default is one value"))
            if name in known:
                read_field(rules()[name], [*value] if isinstance(value, tuple) else value)
        except UserMistake as error:
            for found in error.mistakes:
                yield _mistake(task, "defaults", f"{name} {found.what}", found.remedy)


def _ill_fitting(task: Task) -> Iterator[Mistake]:
    """Parts that do not go together. Of a kind that is nobody's here nothing is known."""
    kind, metric = task.kind, METRICS[task.metric]
    others = [one.name for one in METRICS.values() if kind in one.kinds]
    if others and metric.kinds and kind not in metric.kinds:
        what = f"{metric.name} does not score {kind}"
        yield _mistake(task, "metric", what, f"of what there is, {', '.join(others)} does")
    for place, layout in (("folder", task.folder), ("hub", task.hub)):
        form = getattr(layout, "form", None)
        if layout is None or kind not in FORMS:
            continue
        wanted = FORMS[kind][place]
        if not isinstance(form, wanted):
            what = f"{type(form).__name__} is no form that {kind} is read from"
            names = " or ".join(one.__name__ for one in wanted)
            yield _mistake(task, place, what, f"write {names}")
        elif isinstance(form, TableForm):
            for column in (*form.texts, "label"):
                if column not in form.columns:
                    what = f"{column!r} is not one of the form's columns"
                    yield _mistake(task, place, what, f"columns: {', '.join(form.columns)}")


def _no_tasks(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            get_task(name)
        except UserMistake:
            yield name


def _unknown(
    task: Task, field: str, names: Iterable[str], known: Collection[str]
) -> Iterator[Mistake]:
    there = ", ".join(sorted(known))
    for name in names:
        if name not in known:
            remedy = f"mend the task, or name the module that adds it in XLT_PLUGINS: {there}"
            yield _mistake(task, field, f"{name!r} is not known", remedy)


def _mistake(task: Task, field: str, what: str, remedy: str) -> Mistake:
    return Mistake("", f"{field} of the task {task.name}: {what}", remedy)
