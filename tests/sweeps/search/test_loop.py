"""The one loop of a search, whoever keeps the trials and whatever works on them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.backends import InProcess, Replay
from sweeps.search.candidates import Candidates
from sweeps.search.loop import Interrupted, SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, HAND_OUTS, WAIT, ProposalQueue
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.search.trials import MemoryTrials, Trials
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.methods import METHODS
from sweeps.spec.sweep import Intermediate, Range, Search
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.plan import Step

STEPS = tuple(map(Step.parse, ("mnli", "qqp+squad", "siqa")))
CANDIDATES = Candidates(
    PlanSpace.of(Intermediate(STEPS, (0, 1, 2, 3))),
    SettingsSpace({"recipe.train.learning_rate": Range("choice", choices=(1e-5, 3e-5))}),
)
OPTIONS = {"tpe": {"n_startup_trials": 3}}


def search_by(method: str, trials: int | None = 12) -> Search:
    return Search(method, trials=trials, window=4, options=OPTIONS.get(method, {}))


def worth(proposal: Proposal) -> TrialResult:
    """A made-up truth: some plans fail."""
    length, plan = len(proposal.plan.steps), str(proposal.plan)
    if plan.startswith("siqa"):
        return TrialResult.failed(f"{plan} does not train")
    bonus = 5.0 if "mnli" in plan else 0.0
    rate = proposal.settings.get("recipe.train.learning_rate", 1e-5)
    value = 50.0 + bonus - length + rate * 1e5
    return TrialResult(value, scores={"xnli": 50.0}, seconds=2.5, new_stages=length)


def run(trials: Trials, search: Search, backend, **options) -> SearchLoop:
    loop = SearchLoop(ProposalQueue(trials, CANDIDATES, search), **options)
    backend.run(loop)
    return loop


@pytest.fixture(params=["memory", "sqlite"])
def trials(request, tmp_path) -> Trials:
    """Every way to keep trials."""
    if request.param == "memory":
        return MemoryTrials()
    return SweepStudy.open(f"sqlite:///{tmp_path / 'study.db'}", "s")


class TestTrials:
    """What whoever keeps trials promises."""

    def test_what_is_told_is_kept(self, trials):
        """Plan, settings, result and all that belongs to it, in number order."""
        run(trials, search_by("random"), InProcess(worth))
        found = trials.trials(CANDIDATES)
        assert [trial.number for trial in found] == list(range(12))
        assert [trial.result for trial in found] == [worth(trial.proposal) for trial in found]
        assert trials.trial(3) == trials.trials()[3] and trials.trial(99) is None

    def test_a_result_stands_and_a_failure_can_be_taken_back(self, trials):
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

    def test_a_number_is_taken_once(self, trials):
        """And what is not there cannot be told."""
        trials.insert(Proposal(0, *CANDIDATES.opening()), CANDIDATES)
        with pytest.raises(ValueError, match="trial 0"):
            trials.insert(Proposal(0, *CANDIDATES.opening()), CANDIDATES)
        with pytest.raises(KeyError):
            trials.tell(7, TrialResult(1.0))


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
class TestBackends:
    """The same trials, whoever works on them."""

    def test_how_many_at_once_changes_nothing(self, method):
        """Within the window: what a trial may see is fixed."""
        found = []
        for at_once in (1, 3, 4):
            kept = MemoryTrials()
            run(kept, search_by(method), InProcess(worth, at_once))
            found.append(kept.trials())
        assert found[0] == found[1] == found[2] and len(found[0]) == 12

    def test_a_database_or_memory_is_the_same(self, method, tmp_path):
        study, memory = SweepStudy.open(f"sqlite:///{tmp_path / 's.db'}", "s"), MemoryTrials()
        for trials in (study, memory):
            run(trials, search_by(method), InProcess(worth))
        assert study.trials(CANDIDATES) == memory.trials(CANDIDATES)

    def test_a_replay_finds_what_was_found(self, method):
        """A table of a whole grid answers any method."""
        table, first, again = MemoryTrials(), MemoryTrials(), MemoryTrials()
        run(table, search_by("grid", None), InProcess(worth))
        run(first, search_by(method), InProcess(worth))
        run(again, search_by(method), Replay(table.trials(), CANDIDATES.key))
        assert again.trials() == first.trials()

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
        run(kept, search_by("grid"), InProcess(worth), note=told.append)
        for trial in kept.trials():
            own = [event for event in told if event.trial == trial.number]
            assert [event.kind for event in own] == ["trial_started", f"trial_{trial.state}"]
            assert own[1].fields.get("error", "") == trial.error
            assert own[1].fields.get("objective") == trial.value

    def test_nothing_is_handed_out_beyond_the_window(self):
        """It waits for a result, and is done where nobody works on what it waits for."""
        queue = ProposalQueue(MemoryTrials(), CANDIDATES, search_by("random"))
        loop = SearchLoop(queue)
        handed = [loop.next() for _ in range(5)]
        assert handed[4] is WAIT
        for proposal in handed[:4]:
            loop.complete(proposal.number, Interrupted("the disk went away"))
        assert loop.next() is DONE
