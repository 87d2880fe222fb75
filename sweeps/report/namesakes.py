"""Telling stages apart that go by one title: what their recipes differ in. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sweeps.results.settings import short

if TYPE_CHECKING:
    from sweeps.spec.sweep import Value
    from xlt_core.stages import Stage


def differences(stages: Iterable[Stage]) -> dict[str, str]:
    """By key, of each stage that another with its parents goes by the title of: what in its recipe
    is otherwise than in the other's, in words."""
    alike: dict[tuple[object, ...], list[Stage]] = defaultdict(list)
    for stage in stages:
        alike[stage.title, *(parent.key for parent in stage.parents)].append(stage)
    found = {}
    for same in alike.values():
        recipes = {stage.key: _recipe(stage) for stage in same}
        names = sorted({name for recipe in recipes.values() for name in recipe})
        differing = [n for n in names if len({str(r.get(n)) for r in recipes.values()}) > 1]
        for key, recipe in recipes.items():
            if differing:
                found[key] = short({name: _plain(recipe.get(name)) for name in differing})
    return found


def _recipe(stage: Stage) -> Mapping[str, object]:
    recipe = stage.described().get("recipe")
    return recipe if isinstance(recipe, Mapping) else {}


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float | None) else str(value)
