"""A trial as it is kept, and what came of it: plain values. `trials` says who keeps them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sweeps.search.proposal import Proposal
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan


class TrialState(StrEnum):
    """Where a trial stands. RUNNING: without a result, also while nobody works on it."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial.

    Attributes:
        objective: percent, higher is better; None where it failed. One that is not a finite number
            is a failure.
        error: what it failed of.
        scores: the selecting score of each target, percent; their mean is the objective.
        seconds: what its new stages took, in worker seconds.
        new_stages: how many stages were computed for it; all others had been there.
    """

    objective: float | None
    error: str = ""
    scores: Mapping[str, float] = field(default_factory=dict, hash=False)
    seconds: float = 0.0
    new_stages: int = 0

    def __post_init__(self) -> None:
        given = self.objective
        if given is not None and math.isfinite(given):
            object.__setattr__(self, "objective", float(given))
            return
        why = "no objective" if given is None else f"the objective is {given}"
        object.__setattr__(self, "objective", None)
        object.__setattr__(self, "error", self.error or why)

    @classmethod
    def failed(cls, error: str) -> TrialResult:
        """The result of a trial that failed of its own."""
        return cls(None, error)

    @property
    def state(self) -> TrialState:
        """The state of a trial with this result."""
        return TrialState.FAILED if self.objective is None else TrialState.FINISHED

    def to_attrs(self) -> dict[str, object]:
        """What is kept of it beside the objective, as plain JSON values; nothing that is empty."""
        told = {"scores": dict(self.scores), "seconds": self.seconds, "new_stages": self.new_stages}
        failed = {"error": self.error} if self.objective is None else {}
        return {name: value for name, value in told.items() if value} | failed


@dataclass(frozen=True)
class Trial:
    """One trial as it is kept.

    Attributes:
        value: the objective in percent, of a finished trial.
        attrs: what else was told of it (`TrialResult.to_attrs`).
    """

    number: int
    plan: Plan
    settings: Settings = field(hash=False)
    state: TrialState
    value: float | None
    attrs: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def error(self) -> str:
        """What a failed trial failed of; empty otherwise."""
        return str(self.attrs.get("error", "")) if self.state == TrialState.FAILED else ""

    @property
    def proposal(self) -> Proposal:
        """The trial as it was proposed."""
        return Proposal(self.number, self.plan, self.settings)

    @property
    def result(self) -> TrialResult | None:
        """What came of it; None while it has no result."""
        if self.state == TrialState.RUNNING:
            return None
        told = {name: self.attrs[name] for name in _TOLD if name in self.attrs}
        return TrialResult(self.value, self.error, **told)


_TOLD = ("scores", "seconds", "new_stages")
