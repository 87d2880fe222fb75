"""Who keeps the trials of a sweep: the database (`study`), or memory, where nothing is to last.

The queue needs no more of either than what stands here, so that a forecast, a simulation and the
tests of samplers go through the very search that a sweep does. Another passes
`sweeps.testing.trials.TrialsSuite`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from sweeps.search.candidates import Candidates
from sweeps.search.proposal import Proposal
from sweeps.search.trial import Trial, TrialResult, TrialState


class Trials(Protocol):
    """The trials of one sweep, by number.

    Attributes:
        name: the sweep's.
        where: what is to be looked at where something is amiss, fit to be shown.
    """

    name: str
    where: str

    def trials(self, candidates: Candidates | None = None) -> Sequence[Trial]:
        """All trials in number order; settings as `candidates` writes them where it is given."""

    def trial(self, number: int) -> Trial | None:
        """One trial, None where there is none."""

    def insert(self, proposal: Proposal, candidates: Candidates) -> None:
        """Keep a proposal as a trial that runs. Raises ValueError: the number is taken."""

    def tell(self, number: int, result: TrialResult) -> bool:
        """Keep a trial's result, once; False where it had one already, which then stands.

        Raises:
            KeyError: no such trial.
        """

    def reopen(self, number: int) -> None:
        """Let a failed trial be told once more. Raises KeyError: no such trial."""


class MemoryTrials:
    """Trials in memory, gone with the process."""

    def __init__(self, known: Iterable[Trial] = (), name: str = "in memory") -> None:
        self.name = name
        self.where = "memory"
        self._trials = {trial.number: trial for trial in known}

    def trials(self, candidates: Candidates | None = None) -> list[Trial]:
        """See `Trials`."""
        restore = candidates.settings.restore if candidates else dict
        found = sorted(self._trials.values(), key=lambda trial: trial.number)
        return [replace(trial, settings=restore(trial.settings)) for trial in found]

    def trial(self, number: int) -> Trial | None:
        """See `Trials`."""
        return self._trials.get(number)

    def insert(self, proposal: Proposal, candidates: Candidates) -> None:
        """See `Trials`."""
        if proposal.number in self._trials:
            raise ValueError(f"trial {proposal.number} is there already")
        self._trials[proposal.number] = Trial(
            proposal.number, proposal.plan, proposal.settings, TrialState.RUNNING, None
        )

    def tell(self, number: int, result: TrialResult) -> bool:
        """See `Trials`."""
        known = self._trials[number]
        if known.state != TrialState.RUNNING:
            return False
        self._trials[number] = replace(
            known, state=result.state, value=result.objective, attrs=result.to_attrs()
        )
        return True

    def reopen(self, number: int) -> None:
        """See `Trials`."""
        if self._trials[number].state == TrialState.FAILED:
            again = replace(self._trials[number], state=TrialState.RUNNING, value=None, attrs={})
            self._trials[number] = again
