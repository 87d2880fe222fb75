"""Importing the plug-ins that the environment names, for whoever reads specs.

What is wrong with lines of tables `xlt_core.vocabulary.tables` finds, in every process; with a task
that a spec names, `sound_tasks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from sweeps.spec.ranges import LENGTHS
from xlt_core.plugins import VARIABLE, import_plugins, named_plugins
from xlt_core.training.methods import METHODS, Option
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.recipe import Recipe


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
    written = (*(field.name for field in fields(Recipe)), *LENGTHS)
    known = {name: f"the recipe's field {name}" for name in written}
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
