"""What whoever keeps a search's trials promises: `TrialsSuite`."""

from __future__ import annotations

import pytest

from sweeps.search.backends import InProcess
from sweeps.search.proposal import Proposal
from sweeps.search.trial import TrialResult
from sweeps.search.trials import MemoryTrials, Trials
from sweeps.spec.methods import METHODS
from sweeps.testing.searches import CANDIDATES, run, search_by, worth


class TrialsSuite:
    """A keeper of trials: what is told is kept, once, and a search by it is the same as by any.

    A member gives `trials`, one that keeps none yet.
    """

    @pytest.fixture
    def trials(self) -> Trials:
        """The member."""
        raise NotImplementedError("give a keeper of trials: override this fixture")

    def test_what_is_told_is_kept(self, trials: Trials) -> None:
        """Plan, settings, result and all that belongs to it, in number order."""
        run(trials, search_by("random"), InProcess(worth))
        found = trials.trials(CANDIDATES)
        assert [trial.number for trial in found] == list(range(12))
        assert [trial.result for trial in found] == [worth(trial.proposal) for trial in found]
        assert trials.trial(3) == trials.trials()[3] and trials.trial(99) is None

    def test_a_result_stands_and_a_failure_can_be_taken_back(self, trials: Trials) -> None:
        """Told twice, the first counts; reopened, a failed trial runs again."""
        for number in (0, 1):
            trials.insert(Proposal(number, *CANDIDATES.opening()), CANDIDATES)
        assert trials.tell(0, TrialResult(1.0)) and trials.tell(1, TrialResult.failed("no"))
        assert not trials.tell(0, TrialResult(2.0)) and not trials.tell(1, TrialResult(2.0))
        for number in (0, 1):
            trials.reopen(number)
        assert [trial.result for trial in trials.trials()] == [TrialResult(1.0), None]
        assert trials.trials()[1].error == ""
        assert trials.tell(1, TrialResult(3.0))

    def test_a_number_is_taken_once(self, trials: Trials) -> None:
        """And what is not there can be neither told nor reopened."""
        trials.insert(Proposal(0, *CANDIDATES.opening()), CANDIDATES)
        with pytest.raises(ValueError, match="trial 0"):
            trials.insert(Proposal(0, *CANDIDATES.opening()), CANDIDATES)
        with pytest.raises(KeyError):
            trials.tell(7, TrialResult(1.0))
        with pytest.raises(KeyError):
            trials.reopen(7)
        assert [trial.number for trial in trials.trials()] == [0]

    def test_it_says_what_it_is(self, trials: Trials) -> None:
        """Whoever finds something amiss is told which sweep's, and where to look."""
        assert trials.name and trials.where

    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_a_search_is_the_same_as_in_memory(self, trials: Trials, method: str) -> None:
        """Whatever the keeper makes of numbers and texts, a sampler sees no difference."""
        memory = MemoryTrials()
        for kept in (trials, memory):
            run(kept, search_by(method), InProcess(worth))
        assert trials.trials(CANDIDATES) == memory.trials(CANDIDATES)
        assert len(memory.trials()) == 12
