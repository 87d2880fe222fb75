"""The queue of trials: interrupted, extended or exhausted, it proposes what it would have."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.candidates import Candidates
from sweeps.search.of_sweep import candidates_of
from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, HAND_OUTS, WAIT, ProposalQueue
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Intermediate, Range, Search, Sweep, Target
from xlt_core.vocabulary.plan import Step

RATE = "recipe.train.learning_rate"
STEPS = tuple(map(Step.parse, ("mnli", "qqp+squad", "siqa", "copa")))
ORDERS = Candidates(PlanSpace.of(Intermediate(STEPS, (0, 1, 2))))  # 17 plans
RATES = Candidates(
    ORDERS.plans,
    SettingsSpace(
        {
            RATE: Range("log", 1e-5, 5e-5),
            "recipe.target.freeze": Range("choice", choices=((), ("embeddings",))),
        }
    ),
)
Rows = list[tuple[int, str, Mapping[str, Any], str, float | None]]
_NAMES = count()


def score(proposal: Proposal) -> float | None:
    """A toy objective; some plans fail."""
    if str(proposal.plan).endswith("copa"):
        return None
    weights = {"mnli": 3.0, "qqp+squad": 1.0, "siqa": -1.0, "copa": 2.0, "boolq": 1.5}
    gains = (weights.get(str(step), 0.5) * 0.7**at for at, step in enumerate(proposal.plan.steps))
    return 50 + sum(gains) - 1e5 * abs(proposal.settings.get(RATE, 2e-5) - 2e-5)


def rows(study: SweepStudy, candidates: Candidates) -> Rows:
    return [
        (trial.number, str(trial.plan), dict(trial.settings), trial.state, trial.value)
        for trial in study.trials(candidates)
    ]


class Driver:
    """Works through a queue with many trials at once, whose results come in any order.

    `kill()` drops the queue and all trials under way, as the end of a process does.
    """

    def __init__(
        self, url: str, candidates: Candidates, search: Search, seed: int = 0, at_once: int = 4
    ) -> None:
        self.url, self.candidates, self.search = url, candidates, search
        self.name = f"sweep-{next(_NAMES)}"
        self.source, self.at_once = random.Random(seed), at_once
        self.handed: list[Proposal] = []
        self.start()

    def start(self, search: Search | None = None, **options: Any) -> None:
        self.search = search or self.search
        self.study = SweepStudy.open(self.url, self.name)
        self.queue = ProposalQueue(self.study, self.candidates, self.search, **options)
        self.live: list[Proposal] = []

    kill = start

    def run(self, turns: int | None = None) -> bool:
        """Work for some turns, or to the end; whether the end was reached."""
        for turn in count():
            if turn == turns:
                return False
            proposal = self.queue.next() if len(self.live) < self.at_once else None
            if isinstance(proposal, Proposal):
                self.live.append(proposal)
                self.handed.append(proposal)
            elif self.live:
                self.finish()
            else:
                assert proposal is DONE, "it waits for a trial that nobody works on"
                return True
            if self.live and self.source.random() < 0.4:
                self.finish()
        return False

    def finish(self) -> None:
        done = self.live.pop(self.source.randrange(len(self.live)))
        value = score(done)
        self.queue.tell(done.number, TrialResult(value, "" if value is not None else "toy failure"))


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for all sweeps here, each under a name of its own."""
    return f"sqlite:///{tmp_path_factory.mktemp('queue') / 'study.db'}"


def uninterrupted(url: str, candidates: Candidates, search: Search) -> Rows:
    """The rows of a sweep worked through one trial at a time."""
    driver = Driver(url, candidates, search, at_once=1)
    assert driver.run()
    return rows(driver.study, candidates)


def check_interruptions(url: str, search: Search, seed: int, expected: Rows) -> None:
    """Run under kills at random moments; the outcome must be the expected one."""
    source = random.Random(seed)
    driver = Driver(url, RATES, search, seed, at_once=source.randint(1, 6))
    while not driver.run(source.randint(1, 12)):
        unfinished = [t.proposal for t in driver.study.trials(RATES) if t.state == "running"]
        already = len(driver.handed)
        driver.kill()
        driver.run(source.randint(1, 12))
        again = driver.handed[already:][: len(unfinished)]
        assert again == unfinished[: len(again)]
        assert [one.settings for one in again] == [o.settings for o in unfinished[: len(again)]]
    assert rows(driver.study, RATES) == expected
    assert not any(row[3] == "running" for row in expected)


class TestInterruption:
    @pytest.mark.parametrize("method", ["random", "tpe"])
    def test_changes_nothing(self, method: str, sqlite: str) -> None:
        """Whatever the order of results and wherever it is killed: the same trials, told once."""
        search = Search(method, trials=16, seed=5, window=5)
        expected = uninterrupted(sqlite, RATES, search)
        assert [row[0] for row in expected] == list(range(16))
        assert {row[3] for row in expected} == {"finished", "failed"}

        @settings(deadline=None, max_examples=3)
        @given(st.integers(0, 2**32))
        def under_kills(seed: int) -> None:
            check_interruptions(sqlite, search, seed, expected)

        under_kills()

    def test_on_postgresql(self, postgresql: str, sqlite: str) -> None:
        """The same study on a PostgreSQL server, and the same trials as on SQLite."""
        search = Search("tpe", trials=14, seed=5, window=5)
        expected = uninterrupted(sqlite, RATES, search)
        assert uninterrupted(postgresql, RATES, search) == expected
        for seed in (1, 2):
            check_interruptions(postgresql, search, seed, expected)

    def test_hands_out_unfinished_trials_first(self, sqlite: str) -> None:
        """After a kill they come in number order, under their own numbers, then new ones."""
        driver = Driver(sqlite, ORDERS, Search("random", trials=9, window=9))
        first = [driver.queue.next() for _ in range(5)]
        driver.queue.tell(3, TrialResult(1.0))
        driver.kill()
        second = [driver.queue.next() for _ in range(5)]
        assert second[:4] == [first[n] for n in (0, 1, 2, 4)]
        assert isinstance(second[4], Proposal)
        assert second[4].number == 5


class TestWindow:
    def test_waits_for_the_oldest(self, sqlite: str) -> None:
        """Trial n is proposed once trials up to n - window are told, whatever else is."""
        driver = Driver(sqlite, ORDERS, Search("tpe", trials=9, window=3))
        assert [isinstance(driver.queue.next(), Proposal) for _ in range(3)] == [True] * 3
        assert driver.queue.next() is WAIT
        driver.queue.tell(2, TrialResult(1.0))
        driver.queue.tell(1, TrialResult(None, "failed"))
        assert driver.queue.next() is WAIT
        driver.queue.tell(0, TrialResult(1.0))
        assert [isinstance(driver.queue.next(), Proposal) for _ in range(3)] == [True] * 3
        assert driver.queue.next() is WAIT

    def test_asynchronous_never_waits(self, sqlite: str) -> None:
        """It proposes from whatever is told, and still never twice."""
        search = Search("tpe", trials=12, window=2, asynchronous=True)
        driver = Driver(sqlite, ORDERS, search)
        first = [driver.queue.next() for _ in range(6)]
        driver.queue.tell(4, TrialResult(3.0))
        driver.queue.tell(1, TrialResult(5.0))
        plans = [*first, *(driver.queue.next() for _ in range(6))]
        assert all(isinstance(one, Proposal) for one in plans)
        assert len({str(one.plan) for one in plans if isinstance(one, Proposal)}) == 12
        assert driver.queue.next() is DONE

    def test_timing_does_not_matter_but_results_do(self, sqlite: str) -> None:
        """TPE goes by the results inside its window: other results, other proposals."""
        search = Search("tpe", trials=16, seed=1, window=2, options={"n_startup_trials": 5})
        found = []
        for sign in (1, -1):
            driver = Driver(sqlite, ORDERS, search)
            while isinstance(proposal := driver.queue.next(), Proposal):
                driver.queue.tell(proposal.number, TrialResult(sign * (score(proposal) or 0.0)))
            found.append([row[1] for row in rows(driver.study, ORDERS)])
        assert found[0][:5] == found[1][:5]
        assert found[0] != found[1]


class TestEnd:
    @pytest.mark.parametrize("method", ["grid", "random", "tpe"])
    def test_exhausted(self, method: str, sqlite: str) -> None:
        """Without a number of trials, or with too many, every plan comes once."""
        found = uninterrupted(sqlite, ORDERS, Search(method, trials=None, window=4))
        assert len({row[1] for row in found}) == len(found) == 17

    def test_failed_trials_do_not_stop_it(self, sqlite: str) -> None:
        """A failed trial keeps its error, an objective that is no number is one."""
        driver = Driver(sqlite, ORDERS, Search("grid", trials=3, window=1))
        for value, error in ((None, "out of memory"), (float("nan"), ""), (1.0, "")):
            proposal = driver.queue.next()
            assert isinstance(proposal, Proposal)
            driver.queue.tell(proposal.number, TrialResult(value, error))
        assert driver.queue.next() is DONE
        assert [trial.error for trial in driver.study.trials()] == [
            "out of memory",
            "the objective is nan",
            "",
        ]

    def test_says_whether_there_is_more_and_loses_nothing_by_being_asked(self, sqlite: str) -> None:
        """Asking proposes nothing twice and skips nothing."""
        study = SweepStudy.open(sqlite, f"more-{next(_NAMES)}")
        queue = ProposalQueue(study, ORDERS, Search(method="grid", trials=2, window=4))
        numbers = []
        while queue.has_more():
            proposal = queue.next()
            assert isinstance(proposal, Proposal)
            numbers.append(proposal.number)
            queue.tell(proposal.number, TrialResult(1.0))
        assert numbers == [0, 1]
        assert queue.next() is DONE

    def test_told_once(self, sqlite: str) -> None:
        """A second result of a trial is not heard, in this queue or the next."""
        driver = Driver(sqlite, ORDERS, Search("grid", trials=2))
        driver.queue.next()
        driver.queue.tell(0, TrialResult(1.0))
        driver.queue.tell(0, TrialResult(2.0))
        driver.kill()
        driver.queue.tell(0, TrialResult(3.0))
        assert driver.study.trials()[0].value == 1.0

    def test_a_trial_that_ends_without_a_result(self, sqlite: str) -> None:
        """It is handed out again; one that keeps ending so is left to the next queue."""
        driver = Driver(sqlite, ORDERS, Search("grid", trials=1))
        for _ in range(2):
            for _ in range(HAND_OUTS):
                assert driver.queue.next() == Proposal(0, ORDERS.plans.unrank(0))
                driver.queue.give_back(0)
            assert driver.queue.next() is DONE
            assert driver.queue.aside == {0}
            assert driver.study.trials()[0].state == "running"
            driver.kill()

    @pytest.mark.parametrize("method", ["grid", "random", "tpe"])
    def test_what_is_set_aside_changes_no_proposal(self, method: str, sqlite: str) -> None:
        """Later trials wait for its result, and are those that an untouched search proposes."""
        search = Search(method, trials=12, seed=3, window=4)
        driver = Driver(sqlite, ORDERS, search)
        first = driver.queue.next()
        driver.queue.set_aside(first.number)
        others = [driver.queue.next() for _ in range(4)]
        for proposal in others[:3]:
            driver.queue.tell(proposal.number, TrialResult(score(proposal)))
        assert others[3] is WAIT and not driver.queue.has_more()
        aside = driver.queue.aside
        driver.start(aside=aside)
        assert not driver.queue.has_more() and driver.queue.aside == aside
        driver.kill()
        assert driver.queue.has_more()
        assert driver.run()
        assert rows(driver.study, ORDERS) == uninterrupted(sqlite, ORDERS, search)

    def test_a_write_whose_answer_was_lost(self, sqlite: str) -> None:
        """The row is there although writing it failed: it is not written twice."""
        driver = Driver(sqlite, ORDERS, Search("random", trials=2))
        insert = driver.study.insert

        def interrupted(proposal: Proposal, candidates: Candidates) -> None:
            insert(proposal, candidates)
            driver.study.insert = insert
            raise ConnectionError("the server went away after it had written")

        driver.study.insert = interrupted
        with pytest.raises(ConnectionError):
            driver.queue.next()
        assert driver.queue.next() == driver.study.trials(ORDERS)[0].proposal
        assert driver.queue.next().number == 1
        assert len(driver.study.trials()) == 2


# Tasks, targets, and which of both have a searched field of their own.
GROWN: dict[str, tuple[list[str], list[str], list[str]]] = {
    "a task": (["mnli", "qqp", "siqa"], ["udpos"], ["mnli", "siqa"]),
    "a target": (["mnli", "qqp"], ["udpos", "sib200"], ["mnli", "sib200"]),
    "both": (["mnli", "qqp", "siqa"], ["udpos", "sib200"], ["mnli", "siqa", "sib200"]),
    "excluded": (["mnli", "qqp"], ["udpos", "xnli"], ["mnli"]),
}


def space(names: list[str], targets: list[str], own: list[str], overlap: str) -> Candidates:
    """The candidates of a sweep in which some tasks have a warm-up of their own."""
    searched = {"warmup": Range("choice", choices=(0.0, 0.1))}
    sweep = Sweep(
        name="made",
        encoder="tiny",
        data="hub",
        intermediate=Intermediate(tuple(map(Step.parse, names)), (0, 1, 2), overlap=overlap),
        targets=tuple(map(Target, targets)),
        seeds=(0,),
        recipe={"train": {}, "target": {}, "tasks": dict.fromkeys(own, searched)},
    )
    return candidates_of(sweep)


class TestExtension:
    @pytest.mark.parametrize("method", ["grid", "random", "tpe"])
    def test_more_trials(self, method: str, sqlite: str) -> None:
        """8 trials and then 14 are the 14 that it would have been from the start."""
        short, long = (Search(method, trials=n, seed=2, window=4) for n in (8, 14))
        driver = Driver(sqlite, ORDERS, short)
        assert driver.run()
        driver.start(long)
        assert driver.run()
        assert rows(driver.study, ORDERS) == uninterrupted(sqlite, ORDERS, long)

    @pytest.mark.parametrize("method", ["grid", "random", "tpe"])
    def test_more_tasks(self, method: str, sqlite: str) -> None:
        """Rows stay, every plan of the larger space comes once, and from there it is exact."""
        steps = (Step.parse("boolq"), *STEPS[:3])
        grown = Candidates(PlanSpace.of(Intermediate(steps, (0, 1, 2))))
        small = Candidates(PlanSpace.of(Intermediate(steps[1:], (0, 1, 2))))
        found = []
        for seed in (1, 2):
            driver = Driver(sqlite, small, Search(method, trials=8, window=4), seed)
            assert driver.run()
            before = rows(driver.study, small)
            driver.candidates = grown
            driver.start(Search(method, trials=None, window=4))
            driver.run(seed * 5)
            driver.kill()
            assert driver.run()
            found.append(rows(driver.study, grown))
            assert found[-1][:8] == before
        assert found[0] == found[1]
        assert sorted(row[1] for row in found[0]) == sorted(map(str, grown.plans.plans()))

    @pytest.mark.parametrize("method", ["grid", "random", "tpe"])
    @pytest.mark.parametrize("grown", GROWN)
    def test_what_comes_has_ranges_of_its_own(self, method: str, grown: str, sqlite: str) -> None:
        """Old rows, which know nothing of them, stay and are read; whatever is new is searched.

        `excluded`: a version that did not look let a target in that leaves a proposed task out.
        """
        overlap = "exclude" if grown == "excluded" else "flag"
        small = space(["mnli", "qqp"], ["udpos"], ["mnli"], overlap)
        large = space(*GROWN[grown], overlap)
        driver = Driver(sqlite, small, Search(method, trials=None, window=3))
        assert driver.run()
        before = rows(driver.study, driver.candidates)
        driver.candidates = large
        driver.start(revisit=True)
        assert driver.run()
        found = rows(driver.study, driver.candidates)
        assert found[: len(before)] == before
        keys = [large.key(trial.plan, trial.settings) for trial in driver.study.trials(large)]
        assert len(set(keys)) == len(keys)
        if grown != "excluded":
            assert len(keys) == large.distinct()

    def test_more_to_compute_for_each_trial(self, sqlite: str) -> None:
        """With `revisit`, told trials come again first; what the search went by stands."""
        driver = Driver(sqlite, ORDERS, Search("tpe", trials=6, window=4))
        assert driver.run()
        before = rows(driver.study, ORDERS)
        driver.handed.clear()
        driver.start(Search("tpe", trials=8, window=4), revisit=True)
        assert driver.run()
        assert [proposal.number for proposal in driver.handed] == list(range(8))
        assert rows(driver.study, ORDERS)[:6] == before
