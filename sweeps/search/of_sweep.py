"""The candidates of a sweep: its plans and searched settings, read off the spec.

`candidates` is what they are; here is where they come from.
"""

from __future__ import annotations

from sweeps.search.candidates import Candidates
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.spec.sweep import Sweep
from xlt_core.tasks import overlap
from xlt_core.vocabulary.plan import Plan, Step


def candidates_of(sweep: Sweep) -> Candidates:
    """What the sweep may propose; plans that overlap with a target left out where it says so."""
    settings = SettingsSpace(sweep.searched())
    return Candidates(PlanSpace.of(sweep.intermediate, _allowed(sweep)), settings)


def _allowed(sweep: Sweep) -> set[Step] | None:
    if sweep.intermediate.overlap != "exclude":
        return None
    listed = [Plan.parse(text) for text in sweep.intermediate.plans]
    steps = {*sweep.intermediate.tasks, *(step for plan in listed for step in plan.steps)}
    return {
        step
        for step in steps
        if not any(overlap(m.task, t.task) for m in step.members for t in sweep.targets)
    }
