"""The question that a sweep asks, in words: for the head of whatever answers it."""

from __future__ import annotations

from sweeps.spec.sweep import Sweep


def question(sweep: Sweep) -> str:
    """One sentence."""
    tasks = ", ".join(map(str, sweep.intermediate.tasks)) or "no tasks"
    targets = ", ".join(target.task for target in sweep.targets)
    return (
        f"Which of {tasks}, in which order and how many, should be trained before {targets}, and "
        "for which language families does it pay?"
    )
