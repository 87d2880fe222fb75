"""The view: what a sampler may see of a sweep when it proposes a trial.

A fixed view (`queue` keeps it) is why an interrupted search proposes the very trials that an
uninterrupted one would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sweeps.search.candidates import Candidates
from sweeps.search.proposal import Proposal
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.fingerprint import derived_seed
from xlt_core.vocabulary.plan import Plan


@dataclass(frozen=True)
class Seen:
    """A trial as a sampler sees it: running until its result is shown; failed without a value."""

    proposal: Proposal
    running: bool = True
    value: float | None = None


@dataclass(frozen=True)
class Cost:
    """What is to be computed: stages, and their optimiser steps (evaluations have none)."""

    stages: int
    steps: int


@dataclass
class View:
    """Earlier trials in number order, and the space to choose from. Only `queue` adds to it."""

    candidates: Candidates
    seed: int = 0
    _trials: list[Seen] = field(default_factory=list)
    _keys: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)  # keys of stages, of the trials counted so far
    _counted: int = 0

    @property
    def trials(self) -> Sequence[Seen]:
        """Trials 0, 1, … as far as they were proposed."""
        return self._trials

    def seed_for(self, number: int, attempt: int = 0) -> int:
        """The seed of one draw: by sweep, trial, and how often it had to be drawn again."""
        again = (attempt,) if attempt else ()
        return derived_seed("search", self.seed, number, *again)

    def is_new(self, plan: Plan, settings: Settings) -> bool:
        """Whether no earlier trial is the same."""
        return self.candidates.key(plan, settings) not in self._keys

    def marginal_cost(self, plan: Plan, settings: Settings) -> Cost:
        """What a candidate adds to the stages that earlier trials ask for; all of them count as
        asked for, with a result or without. By proposals alone, so the same at any time.

        Raises:
            ValueError: the candidates do not tell what they cost.
        """
        costs = self.candidates.costs
        if costs is None:
            raise ValueError("these candidates do not tell what they cost")
        for seen in self._trials[self._counted :]:
            self._asked.update(costs(seen.proposal.plan, seen.proposal.settings))
        self._counted = len(self._trials)
        new = {k: n for k, n in costs(plan, settings).items() if k not in self._asked}
        return Cost(len(new), sum(new.values()))

    def add(self, proposal: Proposal) -> None:
        """Show a trial as running."""
        self._trials.append(Seen(proposal))
        self._keys.add(self.candidates.key(proposal.plan, proposal.settings))

    def show(self, number: int, value: float | None) -> None:
        """Show a trial's result; None: it failed."""
        self._trials[number] = replace(self._trials[number], running=False, value=value)
