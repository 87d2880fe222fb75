"""One driver a study: refused, taken over, lost; on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy

from sweeps.search import lease as lease_module
from sweeps.search.candidates import Candidates
from sweeps.search.lease import DriverLease, LeaseLost
from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, ProposalQueue
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.study_reader import read_trials
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Intermediate, Search
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan, Step

CANDIDATES = Candidates(PlanSpace.of(Intermediate(tuple(map(Step.parse, ("mnli", "qqp"))), (0, 1))))
FAR_AWAY = {"host": "elsewhere", "boot": "another", "pid": 1, "started": 1}
HOLDING = """
import sys
from sweeps.search.study import SweepStudy
with SweepStudy.open(sys.argv[1], sys.argv[2]).lease():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(lease_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(lease_module, "LOOKS", 20)


@pytest.fixture
def study(storage: str, name: str) -> Iterator[SweepStudy]:
    opened = SweepStudy.open(storage, name)
    yield opened
    opened.close()


@pytest.fixture
def other(storage: str, name: str, study: SweepStudy) -> Iterator[SweepStudy]:
    """The same study, as another driver has it."""
    opened = SweepStudy.open(storage, name)
    yield opened
    opened.close()


def write(study: SweepStudy, words: dict[str, Any]) -> None:
    """Put words into the lease by force."""
    with study._storage.engine.begin() as connection:
        row = {"study": study._study_id, "new": json.dumps(words)}
        done = connection.execute(
            sqlalchemy.text(
                "update study_user_attributes set value_json = :new"
                " where study_id = :study and key = 'driver'"
            ),
            row,
        )
        if not done.rowcount:
            connection.execute(sqlalchemy.text(lease_module._INSERT), row | {"key": "driver"})


def stranger(beat: int = 0) -> dict[str, Any]:
    return {"holder": "stranger", "owner": FAR_AWAY, "beat": beat}


def start(study: SweepStudy, barrier: threading.Barrier, holding: ExitStack) -> Any:
    """Take the lease with all others at once; None where another was faster."""
    barrier.wait()
    try:
        return holding.enter_context(study.lease())
    except UserMistake:
        return None


class TestHolding:
    def test_a_second_driver_is_refused(self, study: SweepStudy, other: SweepStudy) -> None:
        """In one screen that names the first, which goes on."""
        with study.lease() as held:
            with pytest.raises(UserMistake, match="another driver is running this sweep: process"):
                other.lease().__enter__()
            study.insert(Proposal(0, Plan()), CANDIDATES)
            assert not held.lost
        assert [trial.number for trial in study.trials()] == [0]

    def test_one_that_was_given_back_is_free(self, study: SweepStudy, other: SweepStudy) -> None:
        """At once, without watching."""
        said: list[str] = []
        for one in (study, other, study):
            with one.lease(said.append):
                assert one.attrs()["driver"]["holder"]
        assert said == []

    def test_of_many_that_start_at_once_one_drives(self, storage: str, name: str) -> None:
        """Whoever writes first, on a study that had no driver yet and on one that had."""
        SweepStudy.open(storage, name).close()
        for _ in range(3):
            barrier = threading.Barrier(4)
            with ExitStack() as holding, ThreadPoolExecutor(4) as pool:

                def start(
                    holding: ExitStack = holding, barrier: threading.Barrier = barrier
                ) -> Any:
                    study = SweepStudy.open(storage, name)
                    barrier.wait()
                    try:
                        return holding.enter_context(study.lease())
                    except UserMistake:
                        return None

                started = [one.result() for one in [pool.submit(start) for _ in range(4)]]
            assert sum(one is not None for one in started) == 1

    def test_the_studies_of_one_database_have_drivers_of_their_own(
        self, storage: str, name: str, study: SweepStudy
    ) -> None:
        """A lease is a study's, not the database's."""
        with study.lease(), SweepStudy.open(storage, f"{name}-two").lease():
            pass


class TestTakingOver:
    def test_a_killed_driver_of_this_machine(
        self, storage: str, name: str, study: SweepStudy
    ) -> None:
        """Its process is known to be dead: there is nothing to wait for."""
        command = [sys.executable, "-c", HOLDING, storage, name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **pipes) as driver:
            assert driver.stdout is not None
            assert driver.stdout.readline() == "held\n"
            driver.kill()
        said: list[str] = []
        with study.lease(said.append):
            assert said == []

    def test_a_silent_one_elsewhere(self, study: SweepStudy) -> None:
        """Nobody knows of its process, but the lease does not change; no clock is asked."""
        write(study, stranger())
        said: list[str] = []
        with study.lease(said.append):
            assert "process 1 on elsewhere" in said[0]
            study.insert(Proposal(0, Plan()), CANDIDATES)

    def test_a_living_one_elsewhere(self, study: SweepStudy) -> None:
        """It changes, however slowly it does so."""
        write(study, stranger())
        asked = threading.Event()

        def live(text: str) -> None:
            threading.Timer(0.2, write, (study, stranger(1))).start()
            asked.set()

        with pytest.raises(UserMistake, match="process 1 on elsewhere"):
            study.lease(live).__enter__()
        assert asked.is_set()


class TestLosing:
    @pytest.fixture
    def lost(self, study: SweepStudy) -> Iterator[DriverLease]:
        """A lease that another driver has taken over while this one slept."""
        gone = threading.Event()
        with study.lease(on_lost=gone.set) as held:
            study.insert(Proposal(0, Plan()), CANDIDATES)
            write(study, stranger())
            assert gone.wait(30)
            yield held

    def test_whoever_lost_it_writes_nothing(self, study: SweepStudy, lost: DriverLease) -> None:
        """No trial, no result; and leaves the other's lease alone."""
        with pytest.raises(LeaseLost, match="process 1 on elsewhere"):
            study.insert(Proposal(1, Plan.parse("mnli")), CANDIDATES)
        with pytest.raises(LeaseLost):
            study.tell(0, TrialResult(1.0))
        assert [(trial.number, trial.state) for trial in study.trials()] == [(0, "running")]
        assert lost.lost
        assert "process 1 on elsewhere has taken over" in str(lost.mistake())

    def test_a_write_finds_out_before_the_heart_does(
        self, study: SweepStudy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every write looks at the lease first."""
        monkeypatch.setattr(lease_module, "BEAT_SECONDS", 3600)
        calls: list[int] = []
        with study.lease(on_lost=lambda: calls.append(1)):
            write(study, stranger())
            with pytest.raises(LeaseLost):
                study.insert(Proposal(0, Plan()), CANDIDATES)
        assert (calls, study.trials()) == ([1], [])
        assert study.attrs()["driver"] == stranger()

    def test_its_queue_ends(self, study: SweepStudy, lost: DriverLease) -> None:
        """It proposes nothing more, and drops results; the other driver tells them."""
        queue = ProposalQueue(study, CANDIDATES, Search("grid"))
        assert isinstance(queue.next(), Proposal)
        queue.tell(0, TrialResult(1.0))
        assert queue.next() is DONE
        assert [trial.state for trial in study.trials()] == ["running"]

    def test_an_answer_that_was_lost_is_no_loss(
        self, study: SweepStudy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its own words in the database are its own, even where it was not told they arrived."""
        with study.lease() as held:
            holder = study.attrs()["driver"]["holder"]
            write(study, {"holder": holder, "owner": FAR_AWAY, "beat": 10**6})
            beaten = beats_from(study, lambda words: words["beat"] < 10**6)
            assert beaten["holder"] == holder
            assert not held.lost


def beats_from(study: SweepStudy, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The lease, as soon as it is as wanted."""
    for _ in range(3000):
        words = study.attrs()["driver"]
        if wanted(words):
            return words
        threading.Event().wait(0.01)
    raise AssertionError("the heart does not beat")


def test_of_two_rows_of_one_number_the_first_stands(
    storage: str, name: str, study: SweepStudy, other: SweepStudy
) -> None:
    """A driver that loses its lease between look and write changes nothing for those who read."""
    assert study.trials() == other.trials() == []
    assert study.trial(0) is other.trial(0) is None
    study.insert(Proposal(0, Plan()), CANDIDATES)
    other.insert(Proposal(0, Plan.parse("mnli")), CANDIDATES)
    again = SweepStudy.open(storage, name)
    assert again.tell(0, TrialResult(5.0))
    for found in (again.trials(), read_trials(storage, name)):
        assert [(str(trial.plan), trial.value) for trial in found] == [("(none)", 5.0)]
    again.close()
