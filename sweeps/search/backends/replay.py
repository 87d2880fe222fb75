"""Trials answered from what is known already: a finished study, or any table of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sweeps.search.backends.in_process import InProcess
from sweeps.search.proposal import Proposal
from sweeps.search.trial import Trial, TrialResult
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan

# Equal for two trials that would train the same (`Candidates.key`).
Key = Callable[[Plan, Settings], str]


class Replay(InProcess):
    """A backend that looks results up. A trial that the table does not have fails, and says so.

    Args:
        known: trials with results; of several that are the same, the first counts.
        key: which of them are the same.
        at_once: see `InProcess`.
    """

    def __init__(self, known: Iterable[Trial], key: Key, at_once: int = 1) -> None:
        self._results: dict[str, TrialResult] = {}
        for trial in known:
            if trial.result is not None:
                self._results.setdefault(key(trial.plan, trial.settings), trial.result)
        self._key = key
        super().__init__(self._looked_up, at_once)

    def _looked_up(self, proposal: Proposal) -> TrialResult:
        unknown = TrialResult.failed(f"the table has no result of {proposal.plan}")
        return self._results.get(self._key(proposal.plan, proposal.settings), unknown)
