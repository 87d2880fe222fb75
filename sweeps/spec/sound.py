"""What is wrong with members themselves: for whoever adds one, by a plug-in or in its table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields

from xlt_core.kinds import KINDS
from xlt_core.metrics import METRICS
from xlt_core.plugins import VARIABLE, import_plugins, named_plugins
from xlt_core.tasks import TABLE
from xlt_core.tasks.task import Task
from xlt_core.training.methods import METHODS, Option, option_fields
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.recipe import Recipe

LISTS = ("labels", "languages", "roles")


def import_sound_plugins() -> None:
    """Import the plug-ins that the environment names, and look at what specs would read of them.

    Raises:
        UserMistake: one cannot be imported; a line of a table is wrong; an option is written as
            something else is.
    """
    if names := named_plugins():
        import_plugins(names)
        if mistakes := tuple(unsound_options()):
            raise UserMistake(mistakes)


def unsound_options() -> Iterator[Mistake]:
    """Options of methods that are none, or that a recipe would write as it does something else."""
    known = {name: f"the recipe's field {name}" for name in (*_recipe_fields(), "plan_steps")}
    for method in METHODS.values():
        for option, meant in method.options.items():
            field, own = f"{method.name}_{option}", f"{option!r} of the method {method.name}"
            if not isinstance(meant, Option):
                what = f"METHODS of training: the option {own} is no Option, but {meant!r}"
                yield Mistake(VARIABLE, what, f"write Option('what it is for', default={meant!r})")
            elif not meant.low <= meant.default <= meant.high:
                what = f"METHODS of training: the option {own} is not within its bounds by default"
                yield Mistake(VARIABLE, what, f"{meant.low:g} to {meant.high:g}")
            if field in known:
                what = (
                    f"METHODS of training: the option {own} is written {field}, as {known[field]}"
                )
                yield Mistake(VARIABLE, what, "give the option or the method another name")
            known.setdefault(field, f"the option {own}")


def _recipe_fields() -> set[str]:
    return {field.name for field in fields(Recipe)}


def faults_of(task: Task) -> Iterator[Mistake]:
    """Whatever would end a sweep of it with an error that is nobody's; `where` is left empty."""
    recipe = _recipe_fields() - {"options"}
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
