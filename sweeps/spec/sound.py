"""What is wrong with a task itself: for whoever adds one, by a plug-in or in the table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields

from xlt_core.kinds import KINDS
from xlt_core.metrics import METRICS
from xlt_core.tasks.task import Task
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.recipe import Recipe

LISTS = ("labels", "languages", "roles")


def faults_of(task: Task) -> Iterator[Mistake]:
    """Whatever would end a sweep of it with an error that is nobody's; `where` is left empty."""
    recipe = {field.name for field in fields(Recipe)} - {"options"}
    recipe |= {field for method in METHODS.values() for field in option_fields(method)}
    yield from _unknown(task, "kind", [task.kind], KINDS)
    yield from _unknown(task, "metric", [task.metric], METRICS)
    yield from _unknown(task, "defaults", task.defaults, recipe)
    for name in LISTS:
        if isinstance(text := getattr(task, name), str):
            remedy = f"write {name}=({text!r},): a comma makes it a list of one"
            what = f"{name} of the task {task.name}: {text!r} is a text, not a list"
            yield Mistake("", what, remedy)


def _unknown(
    task: Task, field: str, names: Iterable[str], known: Collection[str]
) -> Iterator[Mistake]:
    there = ", ".join(sorted(known))
    for name in names:
        if name not in known:
            remedy = f"mend the task, or name the module that adds it in XLT_PLUGINS: {there}"
            what = f"{field} of the task {task.name}: {name!r} is not known"
            yield Mistake("", what, remedy)
