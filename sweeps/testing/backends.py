"""What a backend of the search promises: `TrialBackendSuite`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from sweeps.search.backends import InProcess, TrialBackend
from sweeps.search.loop import SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import ProposalQueue
from sweeps.search.trial import TrialResult
from sweeps.search.trials import MemoryTrials
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.methods import METHODS
from sweeps.testing.searches import CANDIDATES, run, search_by, worth
from xlt_core.vocabulary.events import Event

Make = Callable[[Callable[[Proposal], TrialResult]], TrialBackend]


class TrialBackendSuite:
    """A backend: the trials of a search are the same, whoever works on them and however many at
    once (up to four, the window of these searches).

    A member gives `make`, which makes a backend of what comes of a trial; that is a pure function.
    """

    @pytest.fixture
    def make(self) -> Make:
        """Makes the member."""
        raise NotImplementedError("give a function that makes the backend: override this fixture")

    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_it_finds_what_one_after_another_finds(self, make: Make, method: str) -> None:
        """What a trial may see is fixed, and every trial is told."""
        one_by_one, found = MemoryTrials(), MemoryTrials()
        run(one_by_one, search_by(method), InProcess(worth))
        run(found, search_by(method), make(worth))
        assert found.trials() == one_by_one.trials()
        assert len(found.trials()) == 12

    @pytest.mark.parametrize("method", sorted(METHODS))
    @pytest.mark.parametrize("told", [0, 1, 3])
    def test_it_goes_on_where_another_was_lost(self, make: Make, method: str, told: int) -> None:
        """Trials that were handed out and not told come first; the rest is what it would be."""
        whole, broken = MemoryTrials(), MemoryTrials()
        run(whole, search_by(method), InProcess(worth))
        loop = SearchLoop(ProposalQueue(broken, CANDIDATES, search_by(method)))
        handed = [loop.next() for _ in range(4)]
        for proposal in handed[4 - told :]:
            assert isinstance(proposal, Proposal)
            loop.complete(proposal.number, worth(proposal))
        run(broken, search_by(method), make(worth))
        assert broken.trials() == whole.trials()

    def test_each_trial_begins_and_ends_once(self, make: Make) -> None:
        """As whoever looks on is told."""
        told: list[Event] = []
        kept = MemoryTrials()
        queue = ProposalQueue(kept, CANDIDATES, search_by("grid"))
        make(worth).run(SearchLoop(queue, note=told.append))
        expected = Counter({("trial_started", number): 1 for number in range(12)})
        expected.update((f"trial_{trial.state}", trial.number) for trial in kept.trials())
        assert Counter((event.kind, event.trial) for event in told) == expected

    def test_it_works_on_nothing_that_is_not_wanted(self, make: Make) -> None:
        """A sweep that was stopped before it began has no trials, and the backend returns."""
        kept = MemoryTrials()
        queue = ProposalQueue(kept, CANDIDATES, search_by("random"))
        make(worth).run(SearchLoop(queue, lambda: DesiredState.STOP))
        assert kept.trials() == []

    def test_what_ends_the_search_ends_its_work(self, make: Make) -> None:
        """A result that cannot be kept: the loop says why, and the backend returns or raises it."""
        kept = _Forgetful()
        loop = SearchLoop(ProposalQueue(kept, CANDIDATES, search_by("random")))
        with suppress(KeyError):
            make(worth).run(loop)
        assert isinstance(loop.error, KeyError)
        assert 1 <= len(kept.trials()) <= 4


class _Forgetful(MemoryTrials):
    """Loses every trial that it is to be told of."""

    def tell(self, number: int, result: TrialResult) -> bool:
        raise KeyError(number)
