"""What is wrong with members themselves: for whoever adds one, by a plug-in or in its table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from xlt_core.kinds import KINDS
from xlt_core.metrics import METRICS
from xlt_core.plugins import VARIABLE, import_plugins, named_plugins
from xlt_core.tasks import TABLE
from xlt_core.tasks.task import Task
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.recipe import Recipe

TABLES: dict[str, Mapping[str, Any]] = {
    "TABLE of tasks": TABLE,
    "KINDS of tasks": KINDS,
    "METRICS": METRICS,
    "METHODS of training": METHODS,
}
LISTS = ("labels", "languages", "roles")


def import_sound_plugins() -> None:
    """Import the plug-ins that the environment names, and look at what they put into tables.

    Raises:
        UserMistake: one cannot be imported; a member stands under a name that is not its own.
    """
    if names := named_plugins():
        import_plugins(names)
        if mistakes := tuple(misnamed()):
            raise UserMistake(mistakes)


def misnamed() -> Iterator[Mistake]:
    """Members whose line is called otherwise than they are: stages would ask for what is not."""
    for title, table in TABLES.items():
        for key, member in table.items():
            if (name := getattr(member, "name", key)) != key:
                word = title.partition(" ")[0]
                what = f"{title}: the line {key!r} has a member that is called {name!r}"
                yield Mistake(VARIABLE, what, f"write {word}[{name!r}] = …, or name it {key!r}")


def faults_of(task: Task) -> Iterator[Mistake]:
    """Whatever would end a sweep of it with an error that is nobody's; `where` is left empty."""
    recipe = {field.name for field in fields(Recipe)} - {"options"}
    recipe |= {field for method in METHODS.values() for field in option_fields(method)}
    yield from _unknown(task, "kind", [task.kind], KINDS)
    yield from _unknown(task, "metric", [task.metric], METRICS)
    yield from _unknown(task, "defaults", task.defaults, recipe)
    trained = [name for name in task.training if not name.startswith("lab-")]
    yield from _unknown(task, "trains_on", trained, TABLE)
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
