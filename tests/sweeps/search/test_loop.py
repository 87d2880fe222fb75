"""The one loop of a search; who keeps its trials and what works on them, by the public suites."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.backends import InProcess, Replay
from sweeps.search.loop import Interrupted, SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, HAND_OUTS, WAIT, ProposalQueue
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.search.trials import MemoryTrials, Trials
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.methods import METHODS
from sweeps.testing.backends import Make, TrialBackendSuite
from sweeps.testing.searches import CANDIDATES, run, search_by, worth
from sweeps.testing.trials import TrialsSuite
from xlt_core.vocabulary.events import Event


class TestTrials(TrialsSuite):
    @pytest.fixture(params=["memory", "sqlite"])
    def trials(self, request, tmp_path) -> Trials:
        if request.param == "memory":
            return MemoryTrials()
        return SweepStudy.open(f"sqlite:///{tmp_path / 'study.db'}", "s")


def replaying(work) -> Replay:
    """A table of a whole grid answers any method."""
    table = MemoryTrials()
    run(table, search_by("grid", None), InProcess(work))
    return Replay(table.trials(), CANDIDATES.key)


BACKENDS: dict[str, Make] = {
    "one at a time": InProcess,
    "three at once": lambda work: InProcess(work, 3),
    "four at once": lambda work: InProcess(work, 4),
    "replay": replaying,
}


class TestBackends(TrialBackendSuite):
    @pytest.fixture(params=BACKENDS.values(), ids=BACKENDS)
    def make(self, request) -> Make:
        return request.param


class TestResult:
    @pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
    def test_what_is_no_number_is_a_failure(self, value):
        """It never becomes the best trial."""
        result = TrialResult(value)
        assert (result.objective, result.state) == (None, "failed") and result.error
        assert TrialResult(value, "why").error == "why"

    def test_two_are_equal_where_they_say_the_same(self):
        assert TrialResult(1.0, seconds=2.0) != TrialResult(1.0)


@pytest.mark.parametrize("method", sorted(METHODS))
class TestInterrupted:
    @settings(max_examples=15, deadline=None)
    @given(data=st.data())
    def test_interrupted_anywhere_it_goes_on_as_if_not(self, method, data):
        """Trials lost in between are handed out again; the rest is what it would have been."""
        whole, broken = MemoryTrials(), MemoryTrials()
        run(whole, search_by(method), InProcess(worth))
        for _ in range(data.draw(st.integers(0, 3))):
            loop = SearchLoop(ProposalQueue(broken, CANDIDATES, search_by(method)))
            for _ in range(data.draw(st.integers(0, 6))):
                proposal = loop.next()
                if isinstance(proposal, Proposal) and data.draw(st.booleans()):
                    loop.complete(proposal.number, worth(proposal))
        run(broken, search_by(method), InProcess(worth))
        assert broken.trials() == whole.trials()


class TestLoop:
    def test_a_replay_says_what_it_does_not_know(self):
        """A trial that the table lacks fails, with its plan; the search goes on."""
        kept = MemoryTrials()
        run(kept, search_by("random", 3), Replay([], CANDIDATES.key))
        assert [trial.error for trial in kept.trials()] == [
            f"the table has no result of {trial.plan}" for trial in kept.trials()
        ]

    def test_one_that_keeps_being_lost_is_set_aside(self):
        """The others are worked on; the next run has it first."""
        kept, handed = MemoryTrials(), []

        def work(proposal):
            handed.append(proposal.number)
            return Interrupted() if proposal.number == 2 else worth(proposal)

        queue = ProposalQueue(kept, CANDIDATES, search_by("random", 6))
        InProcess(work, at_once=2).run(SearchLoop(queue))
        assert handed.count(2) == HAND_OUTS and queue.aside == {2}
        assert [t.state for t in kept.trials()].count("running") == 1
        assert ProposalQueue(kept, CANDIDATES, search_by("random", 6)).next().number == 2

    @pytest.mark.parametrize("desired", ["pause", "run"])
    def test_lost_while_paused_it_is_handed_out_again(self, desired):
        """A pause is no end: whoever was lost meanwhile is not forgotten."""
        run = DesiredState.RUN
        said = itertools.chain([run, DesiredState(desired)], itertools.repeat(run))
        loop = SearchLoop(
            ProposalQueue(MemoryTrials(), CANDIDATES, search_by("random")), lambda: next(said)
        )
        first = loop.next()
        loop.complete(first.number, Interrupted())
        assert loop.next() == first

    def test_every_trial_is_told_of_in_order(self):
        """Begin and end of each, once, and `trial_failed` with its error."""
        told: list[Event] = []
        kept = MemoryTrials()
        queue = ProposalQueue(kept, CANDIDATES, search_by("grid"))
        InProcess(worth).run(SearchLoop(queue, note=told.append))
        assert len(kept.trials()) == 12
        for trial in kept.trials():
            own = [event for event in told if event.trial == trial.number]
            assert [event.kind for event in own] == ["trial_started", f"trial_{trial.state}"]
            assert getattr(own[1], "error", "") == trial.error
            assert getattr(own[1], "objective", None) == trial.value

    def test_nothing_is_handed_out_beyond_the_window(self):
        """It waits for a result, and is done where nobody works on what it waits for."""
        queue = ProposalQueue(MemoryTrials(), CANDIDATES, search_by("random"))
        loop = SearchLoop(queue)
        handed = [loop.next() for _ in range(5)]
        assert handed[4] is WAIT
        for proposal in handed[:4]:
            loop.complete(proposal.number, Interrupted("the disk went away"))
        assert loop.next() is DONE
