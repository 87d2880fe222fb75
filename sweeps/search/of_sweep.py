"""The candidates of a sweep: its plans and searched settings, read off the spec.

`candidates` is what they are; here is where they come from.
"""

from __future__ import annotations

from functools import partial

from sweeps.search.candidates import Candidates
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.uses import Uses
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.overlaps import allowed_steps
from sweeps.spec.sweep import Settings, Sweep
from sweeps.spec.trials import paths_asked
from xlt_core.stages.tree import StageTree
from xlt_core.vocabulary.plan import Plan


def candidates_of(sweep: Sweep, prepared: ResolvedInputs | None = None) -> Candidates:
    """What the sweep may propose; plans that overlap with a target left out where it says so.

    Args:
        prepared: the inputs, where a sampler is to know what a candidate would cost.
    """
    plans = PlanSpace.of(sweep.intermediate, allowed_steps(sweep))
    costs = None if prepared is None else partial(_costs, sweep, prepared)
    encoder = sweep.encoder if isinstance(sweep.encoder, str) else ""
    return Candidates(plans, SettingsSpace(sweep.searched()), Uses.of(sweep), costs, encoder)


def _costs(
    sweep: Sweep, prepared: ResolvedInputs, plan: Plan, settings: Settings
) -> dict[str, int]:
    tree = StageTree.of(
        (path.trained, path.evaluations) for path in paths_asked(sweep, prepared, plan, settings)
    )
    return {key: stage.optimizer_steps for key, stage in tree.stages.items()}


def planned_trials(sweep: Sweep, candidates: Candidates) -> int | None:
    """Trials in all; None where the space is continuous and the spec sets no number."""
    found = [n for n in (sweep.search.trials, candidates.distinct()) if n is not None]
    return min(found) if found else None
