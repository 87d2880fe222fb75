"""Options of training methods in a recipe: each beside its method, and not searched beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sweeps.spec.recipes import methods_of, origins
from sweeps.spec.source_map import Document
from sweeps.spec.sweep import Range, Sweep
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.errors import Mistake


def owners() -> dict[str, str]:
    """The method that each option is of, by the name it has in a recipe."""
    return {field: method.name for method in METHODS.values() for field in option_fields(method)}


def check_method_options(
    sweep: Sweep, trained: Sequence[tuple[str, str]], document: Document
) -> Iterator[Mistake]:
    """Options that no stage has a use for, and those that only some trials would have one for.

    Args:
        trained: every task that is trained, and for which target (empty: as an intermediate task).
    """
    ways = [
        methods_of(origins(sweep, (task,), "target" if target else "train", target or None))
        for task, target in trained
    ]
    for trail, value in _written(sweep):
        method, where = owners()[trail[-1]], document.where(trail)
        if not any(method in way for way in ways):
            remedy = f"write method: {method} beside it, or take it out"
            yield Mistake(where, f"no stage is trained by {method}", remedy)
        elif isinstance(value, Range) and any(method in way and len(way) > 1 for way in ways):
            what = f"is searched beside the method; trials without {method} would not differ by it"
            yield Mistake(where, what, "search the method, or its options, one after the other")


def _written(sweep: Sweep) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every option that a layer of the recipe sets, by where it stands."""
    layers: list[tuple[tuple[str, ...], Mapping[str, object]]] = [
        (("recipe", role), sweep.recipe.get(role, {})) for role in ("train", "target")
    ]
    layers += [(("recipe", "tasks", t), part) for t, part in sweep.recipe.get("tasks", {}).items()]
    for trail, part in layers:
        yield from (((*trail, name), value) for name, value in part.items() if name in owners())
