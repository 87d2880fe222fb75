"""Which steps a sweep may propose, once those that share text with a target are left out."""

from __future__ import annotations

from sweeps.spec.sweep import Sweep
from xlt_core.tasks import overlap
from xlt_core.vocabulary.plan import Plan, Step


def allowed_steps(sweep: Sweep) -> set[Step]:
    """Steps of tasks and listed plans; where `overlap: exclude` says so, without overlaps."""
    listed = [Plan.parse(text) for text in sweep.intermediate.plans]
    steps = {*sweep.intermediate.tasks, *(step for plan in listed for step in plan.steps)}
    if sweep.intermediate.overlap != "exclude":
        return steps
    return {step for step in steps if not _overlaps(sweep, step)}


def _overlaps(sweep: Sweep, step: Step) -> bool:
    return any(overlap(m.task, t.task) for m in step.members for t in sweep.targets)
