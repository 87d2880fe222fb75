"""Which recipe a stage is trained with: layers of fields, the later one wins.

From weak to strong: three epochs; the defaults of the tasks and of the target; `recipe.train` or
`recipe.target`; `recipe.tasks.<name>`, the target's last. Next: `trials`, which gives every stage
of a plan its recipe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sweeps.spec.ranges import LENGTHS, freeze_parts, rule_of
from sweeps.spec.sweep import Range, Settings, Sweep, Value
from xlt_core.kinds import get_kind
from xlt_core.tasks import get_task
from xlt_core.training.methods import METHODS, get_method, option_fields
from xlt_core.vocabulary.plan import Step
from xlt_core.vocabulary.recipe import PLAIN, Recipe

ROLES = ("train", "target")
DEFAULT_EPOCHS = 3.0
_LONGEST = ("max_length", "stride")


@dataclass(frozen=True)
class Origin:
    """Where the value of one recipe field comes from: the strongest layer that sets it.

    Attributes:
        entries: dotted path (empty for a task's own default) and value or Range; several only
            in a mixture whose members set the field each for itself.
    """

    field: str
    entries: tuple[tuple[str, Value | Range], ...]

    @property
    def searched(self) -> tuple[str, ...]:
        """The paths whose searched values it takes."""
        return tuple(path for path, value in self.entries if isinstance(value, Range))

    @property
    def deciding(self) -> tuple[str, ...]:
        """Those of them that can make a difference: in a mixture the least counts (of lengths the
        longest), and a range that never has it decides nothing."""
        if len(self.entries) == 1:
            return self.searched
        sign = -1.0 if self.field in _LONGEST else 1.0
        ends = [sorted(_number(v, sign) for v in _ends(value)) for _, value in self.entries]
        return tuple(
            path
            for place, (path, value) in enumerate(self.entries)
            if isinstance(value, Range)
            and ends[place][0] < min(e[-1] for at, e in enumerate(ends) if at != place)
        )

    def value(self, settings: Settings) -> Any:
        """The field's value, in the one form that equal values have.

        Raises:
            ValueError: a searched entry has no value in `settings`.
        """
        values = [_value(value, path, settings) for path, value in self.entries]
        return _typed(self.field, _one(self.field, values))


Origins = dict[str, Origin]


@dataclass(frozen=True)
class Share:
    """The part of a plan's intermediate training that is one stage's: the `place`th of `stages`."""

    place: int = 0
    stages: int = 1

    def of(self, steps: int) -> int:
        """Its part of so many steps; all parts add up to them, and differ by one at most."""
        return (self.place + 1) * steps // self.stages - self.place * steps // self.stages


WHOLE = Share()


def recipe_for(
    sweep: Sweep,
    task_names: Sequence[str],
    role: str,
    settings: Settings,
    target: str | None = None,
    share: Share = WHOLE,
) -> Recipe:
    """The recipe of a stage that trains on `task_names`: `origins`, each with its value.

    Args:
        settings: searched values by dotted path (`recipe.train.learning_rate`); others are left
            out of account.
        share: what of `plan_steps` is this stage's.

    Raises:
        ValueError: a searched field this stage uses has no value in `settings`.
    """
    found = origins(sweep, task_names, role, target)
    values = {name: origin.value(settings) for name, origin in found.items()}
    if "plan_steps" in values:
        values["steps"] = share.of(values.pop("plan_steps"))
    return made_recipe(values)


def made_recipe(values: Mapping[str, Any]) -> Recipe:
    """The recipe of these fields; options of other methods than its own do not count.

    Its own are all written out, so that it stays what it is when a default changes.
    """
    method = get_method(values.get("method", PLAIN))
    own, every = option_fields(method), {f for m in METHODS.values() for f in option_fields(m)}
    options = sorted(
        (field.removeprefix(f"{method.name}_"), float(values.get(field, option.default)))
        for field, option in own.items()
    )
    plain = {name: value for name, value in values.items() if name not in every}
    return Recipe(**plain, options=tuple(options))


def origins(
    sweep: Sweep, task_names: Sequence[str], role: str, target: str | None = None
) -> Origins:
    """Where each recipe field of a stage that trains on `task_names` comes from.

    Args:
        sweep: whose recipe layers are used.
        task_names: the stage's tasks, several for a mixture.
        role: `train` for an intermediate stage, `target` for training on the target.
        target: the target that is trained for, whose defaults and own fields come above those
            of the tasks it trains on (XNLI trains on MNLI by XNLI's recipe).

    In a mixture a field that members set differently takes the longest of lengths and the
    least of other numbers, so that no member is cut and none overtrained. A layer that says
    `steps` overrides `epochs` and `plan_steps` below it, and the other way round. Fields that
    change nothing are not among them: `stride` but for span QA, options of methods that the stage
    does not have.
    """
    if role not in ROLES:
        raise ValueError(f"a stage's role is train or target, not {role!r}")
    above = () if target is None or target in task_names else (target,)
    own = sweep.recipe.get("tasks", {})

    def written(name: str) -> Origins:
        return _layer(own.get(name, {}), f"recipe.tasks.{name}")

    layers = [
        _layer({"epochs": DEFAULT_EPOCHS}),
        _joined([_layer(get_task(name).defaults) for name in task_names]),
        *(_layer(get_task(name).defaults) for name in above),
        _layer(sweep.recipe.get(role, {}), f"recipe.{role}"),
        _joined([written(name) for name in task_names]),
        *(written(name) for name in above),
    ]
    return _used(reduce(_over, layers), task_names)


def _used(found: Origins, task_names: Sequence[str]) -> Origins:
    """Without the fields that change nothing: `stride` but for span QA, other methods' options."""
    idle = set() if any(get_kind(get_task(n).kind).has_windows for n in task_names) else {"stride"}
    for method in METHODS.values():
        if method.name not in methods_of(found):
            idle |= set(option_fields(method))
    return {name: origin for name, origin in found.items() if name not in idle}


def methods_of(found: Origins) -> set[str]:
    """The training methods that a stage may have: one, unless they are searched."""
    if "method" not in found:
        return {PLAIN}
    values = (value for _, value in found["method"].entries)
    return {str(name) for v in values for name in (v.choices if isinstance(v, Range) else (v,))}


def step_origins(sweep: Sweep, step: Step) -> Origins:
    """Those of an intermediate stage."""
    return origins(sweep, tuple(dict.fromkeys(member.task for member in step.members)), "train")


def target_origins(sweep: Sweep, target: str) -> dict[str, Origins]:
    """Those of a target's own training, by the task each of its stages trains on, in order; of how
    it is read, where nothing is trained for it."""
    names = trains_on(target) or (target,)
    return {task: origins(sweep, (task,), "target", target) for task in names}


def trains_on(target: str) -> tuple[str, ...]:
    """The English training tasks of a target, one stage each, in order."""
    return get_task(target).training


def _ends(value: Value | Range) -> tuple[Value, ...]:
    if not isinstance(value, Range):
        return (value,)
    return value.choices if value.kind == "choice" else (value.low, value.high)


def _number(value: Any, sign: float) -> float:
    """What is compared, the least of which counts; null, which is no number, never does."""
    return math.inf if value is None else sign * float(value)


def _layer(fields: Mapping[str, Any], path: str = "") -> Origins:
    return {
        name: Origin(name, ((f"{path}.{name}" if path else "", value),))
        for name, value in fields.items()
    }


def _value(value: Value | Range, path: str, settings: Settings) -> Value:
    if not isinstance(value, Range):
        return value
    if path not in settings:
        raise ValueError(f"{path} is searched, but the trial's settings have no value for it")
    return settings[path]


def _over(below: Origins, above: Origins) -> Origins:
    fields = dict(below)
    if not above.keys().isdisjoint(LENGTHS):
        fields = {name: origin for name, origin in fields.items() if name not in LENGTHS}
    return fields | above


def _joined(layers: Sequence[Origins]) -> Origins:
    """One layer for all members of a mixture; where they differ, see `origins`."""
    found: Origins = {}
    for name in dict.fromkeys(name for layer in layers for name in layer):
        entries = [entry for layer in layers if name in layer for entry in layer[name].entries]
        rule = rule_of(name)
        is_number = rule is None or rule.kind in ("whole", "number")
        found[name] = Origin(name, tuple(entries if is_number else entries[:1]))
    if "steps" in found:
        found.pop("epochs", None)
    return found


def _one(name: str, values: list[Value]) -> Value:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if not numbers:
        return values[0]
    return max(numbers) if name in _LONGEST else min(numbers)


def _typed(name: str, value: Any) -> Any:
    """One form of equal values, so that 5 and 5.0 epochs have one key."""
    if name == "freeze":
        return freeze_parts(value if isinstance(value, str) else tuple(value))
    rule = rule_of(name)
    if value is None or rule is None:
        return value
    if rule.kind == "number":
        return float(value)
    return int(value) if rule.kind == "whole" else value
