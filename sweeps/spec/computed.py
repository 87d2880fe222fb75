"""What a sweep computes, to be held against what it computed before.

Words may change as they like: a default written out, a field moved to another layer. What counts
is the recipe that each stage ends up with. `compare` asks here; `sweeps.search.claim` keeps the
record with the study, so that another version's defaults are noticed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.plain import to_plain
from sweeps.spec.recipes import Origin, Origins, methods_of, step_origins, target_origins, trains_on
from sweeps.spec.sweep import Range, Sweep
from xlt_core.stages import KINDS
from xlt_core.stages.versions import Versions, of_metric, of_tasks
from xlt_core.tasks import get_task
from xlt_core.training.methods import METHODS, get_method, option_fields
from xlt_core.vocabulary.recipe import Recipe

# Per stage, per recipe field: the value, or what is searched, as plain data.
Recipes = Mapping[str, Mapping[str, Any]]


def _defaults() -> dict[str, Any]:
    """What each recipe field is where nothing is written, options of methods among them."""
    found = {f.name: None if f.default is MISSING else f.default for f in fields(Recipe)}
    found |= {field: o.default for m in METHODS.values() for field, o in option_fields(m).items()}
    found["plan_steps"] = None  # steps, once they are shared out
    del found["options"]
    return found


def computed(sweep: Sweep, prepared: ResolvedInputs) -> dict[str, object]:
    """Encoder and data by content, every stage's recipe, how numbers are computed and scored."""
    recipes, versions = recipes_of(sweep), _versions(sweep)
    metrics = {target.task: get_task(target.task).metric for target in sweep.targets}
    known = {"recipes": recipes, "numerics": versions, "metrics": metrics}
    return prepared.identity() | known | {"natures": natures_of(sweep)}


def natures_of(sweep: Sweep) -> dict[str, dict[str, object]]:
    """What a model has to do in every task that is trained or scored, by attribute."""
    targets = {target.task for target in sweep.targets}
    return {
        name: task.nature(scored=False)
        | ({"trains_on": list(task.training)} if name in targets else {})
        for name in sorted(_trained(sweep) | targets)
        for task in (get_task(name),)
    }


def _trained(sweep: Sweep) -> set[str]:
    """Every task that is trained, as an intermediate one or for a target."""
    steps = {member.task for step in sweep.intermediate.tasks for member in step.members}
    return steps | {name for target in sweep.targets for name in trains_on(target.task)}


def _versions(sweep: Sweep) -> Versions:
    """Of every part that has a share in the sweep's numbers."""
    targets = [target.task for target in sweep.targets]
    methods = {name for found in stages_of(sweep).values() for name in methods_of(found)}
    found = {f"stage {kind.kind}": kind.version for kind in KINDS.values()}
    found |= {f"method {name}": get_method(name).version for name in methods}
    found |= of_tasks({*_trained(sweep), *targets})
    return found | {k: v for target in targets for k, v in of_metric(target).items()}


def recipes_of(sweep: Sweep) -> Recipes:
    """Every stage's recipe, defaults filled in."""
    return {
        stage: {name: _meaning(name, found.get(name)) for name in _defaults()}
        for stage, found in stages_of(sweep).items()
    }


def stages_of(sweep: Sweep) -> dict[str, Origins]:
    """What each kind of stage is trained by: `mnli+qqp` in a plan, `mnli for xnli` after it."""
    steps = {str(step): step_origins(sweep, step) for step in sweep.intermediate.tasks}
    targets = {
        f"{task} for {target.task}": found
        for target in sweep.targets
        for task, found in target_origins(sweep, target.task).items()
    }
    return steps | targets


def changed_fields(old: Recipes, new: Recipes) -> Iterator[tuple[str, str]]:
    """Stage and field of everything that differs, of stages that both have.

    A field that one of them does not know yet, or no longer, is at its default there.
    """
    for stage in (stage for stage in old if stage in new):
        for name in dict.fromkeys([*old[stage], *new[stage]]):
            default = _meaning(name, None)
            if old[stage].get(name, default) != new[stage].get(name, default):
                yield stage, name


def written_differences(old: Origin | None, new: Origin | None) -> Iterator[str]:
    """The paths, as people write them, by which a field comes to differ."""
    before, now = (set(origin.entries) if origin else set() for origin in (old, new))
    yield from sorted({path for path, _ in before ^ now if path})


def _meaning(name: str, origin: Origin | None) -> object:
    """The one value; or the paths that are searched, their ranges, and what they compete with."""
    if origin is None:
        return to_plain(_defaults().get(name))
    if not origin.searched:
        return to_plain(origin.value({}))
    entries = (
        [path if isinstance(value, Range) else "", to_plain(value)]
        for path, value in origin.entries
    )
    return {"searched": sorted(entries, key=str)}
