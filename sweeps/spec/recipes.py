"""Which recipe a stage is trained with: layers of fields, the later one wins.

From weak to strong: three epochs; the defaults of the tasks and of the target; `recipe.train` or
`recipe.target`; `recipe.tasks.<name>`, the target's last. Next: `trials`, which gives every stage
of a plan its recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sweeps.spec.ranges import RULES, freeze_parts
from sweeps.spec.sweep import Range, Sweep
from xlt_core.tasks import get_task
from xlt_core.vocabulary.recipe import Recipe

ROLES = ("train", "target")
DEFAULT_EPOCHS = 3.0
_LONGEST = ("max_length", "stride")


def recipe_for(
    sweep: Sweep,
    task_names: Sequence[str],
    role: str,
    settings: Mapping[str, Any],
    target: str | None = None,
) -> Recipe:
    """The recipe of a stage that trains on `task_names`.

    Args:
        sweep: whose recipe layers are used.
        task_names: the stage's tasks, several for a mixture.
        role: `train` for an intermediate stage, `target` for training on the target.
        settings: searched values by dotted path (`recipe.train.learning_rate`); others are left
            out of account.
        target: the target that is trained for, whose defaults and own fields come above those
            of the tasks it trains on (XNLI trains on MNLI by XNLI's recipe).

    In a mixture a field that members set differently takes the longest of lengths and the
    least of other numbers, so that no member is cut and none overtrained. A layer that says
    `steps` overrides `epochs` below it, and the other way round.

    Raises:
        ValueError: a searched field this stage uses has no value in `settings`.
    """
    if role not in ROLES:
        raise ValueError(f"a stage's role is train or target, not {role!r}")
    above = () if target is None or target in task_names else (target,)
    own = sweep.recipe.get("tasks", {})

    def written(name: str) -> dict[str, Any]:
        return _settled(own.get(name, {}), f"recipe.tasks.{name}", settings)

    layers = [
        _joined([get_task(name).defaults for name in task_names]),
        *(get_task(name).defaults for name in above),
        _settled(sweep.recipe.get(role, {}), f"recipe.{role}", settings),
        _joined([written(name) for name in task_names]),
        *(written(name) for name in above),
    ]
    fields: dict[str, Any] = {"epochs": DEFAULT_EPOCHS}
    for layer in layers:
        fields = _over(fields, layer)
    return Recipe(**{name: _typed(name, value) for name, value in fields.items()})


def _settled(layer: Mapping[str, Any], path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A layer with its ranges replaced by the searched values."""
    return {name: _value(value, f"{path}.{name}", settings) for name, value in layer.items()}


def _value(value: Any, path: str, settings: Mapping[str, Any]) -> Any:
    if not isinstance(value, Range):
        return value
    if path not in settings:
        raise ValueError(f"{path} is searched, but the trial's settings have no value for it")
    return settings[path]


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(below)
    if "steps" in above or "epochs" in above:
        fields.pop("steps", None)
        fields.pop("epochs", None)
    return fields | dict(above)


def _joined(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One layer for all members of a mixture; where they differ, see `recipe_for`."""
    fields: dict[str, Any] = {}
    for name in dict.fromkeys(name for layer in layers for name in layer):
        fields[name] = _one(name, [layer[name] for layer in layers if name in layer])
    if "steps" in fields:
        fields.pop("epochs", None)
    return fields


def _one(name: str, values: list[Any]) -> Any:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if not numbers:
        return values[0]
    return max(numbers) if name in _LONGEST else min(numbers)


def _typed(name: str, value: Any) -> Any:
    """One form of equal values, so that 5 and 5.0 epochs have one key."""
    if name == "freeze":
        return freeze_parts(value if isinstance(value, str) else tuple(value))
    rule = RULES.get(name)
    if value is None or rule is None:
        return value
    if rule.kind == "number":
        return float(value)
    return int(value) if rule.kind == "whole" else value
