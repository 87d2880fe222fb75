"""Waiting out what ails the storage, and what the sweep is wished meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.patience import Patience
from sweeps.search.storage import storage_mistake
from sweeps.spec import desired_state
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.pauses import Pauses

QUICK = Pauses(first=0.01, growth=1.0)
LONG = Pauses(first=600.0, longest=600.0)
PASSING = [
    OSError(28, "No space left on device"),
    ConnectionError("the server is away"),
    storage_mistake("study.db", Exception("database or disk is full")),
    storage_mistake("study.db", Exception("disk I/O error")),
    storage_mistake("study.db", Exception("database is locked")),
    storage_mistake("postgresql://host/db", Exception("could not connect to server")),
]


class TestPatience:
    @pytest.mark.parametrize("error", PASSING, ids=str)
    def test_does_it_again_until_it_succeeds(self, tmp_path, error):
        """Says what is waited for each time, and once that it is over."""
        told, failures = [], [error, error]

        def work() -> str:
            if failures:
                raise failures.pop()
            return "done"

        assert (
            Patience(DesiredStateWatch(SweepFolder(tmp_path)), told.append, QUICK).through(work)
            == "done"
        )
        assert [event.kind for event in told] == ["sweep_waits", "sweep_waits", "message"]

    @pytest.mark.parametrize(
        "error",
        [
            ValueError("a fault of ours"),
            UserMistake(Mistake("spec", "is wrong")),
            storage_mistake("study.db", Exception("file is not a database")),
        ],
        ids=str,
    )
    def test_does_not_wait_for_what_will_not_pass(self, tmp_path, error):
        """It is raised at once."""

        def work() -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            Patience(DesiredStateWatch(SweepFolder(tmp_path)), lambda event: None, LONG).through(
                work
            )
        assert caught.value is error

    @pytest.mark.parametrize("verb", [DesiredState.STOP, DesiredState.CANCEL])
    def test_ends_with_the_sweep(self, tmp_path, verb):
        """Nobody waits ten minutes for a sweep that was ended."""
        waiting = threading.Event()

        def work() -> None:
            raise PASSING[0]

        patience = Patience(
            DesiredStateWatch(SweepFolder(tmp_path)), lambda event: waiting.set(), LONG
        )
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(patience.through, work)
            waiting.wait()
            desired_state.request(SweepFolder(tmp_path), verb)
            assert answer.result() is None


class TestWish:
    def test_a_control_file_that_cannot_be_read_changes_nothing(self, tmp_path):
        """the last one stands: a mount that is away for a while ends no sweep."""
        desired = DesiredStateWatch(SweepFolder(tmp_path))
        desired_state.request(SweepFolder(tmp_path), DesiredState.PAUSE)
        assert desired.current() == DesiredState.PAUSE
        (tmp_path / "control").unlink()
        (tmp_path / "control").mkdir()
        assert desired.current() == DesiredState.PAUSE
        (tmp_path / "control").rmdir()
        assert desired.current() == DesiredState.RUN

    @pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
    def test_signals_end_the_sweep(self, tmp_path, name):
        """Also where something took their handlers in between, as Ray does."""
        before, desired = signal.getsignal(name), DesiredStateWatch(SweepFolder(tmp_path))
        with desired.hearing_signals():
            signal.signal(name, signal.SIG_IGN)
            desired.hear_again()
            os.kill(os.getpid(), name)
            assert desired.current() == DesiredState.CANCEL and desired.interrupted
            assert not desired.rest(600.0)
        assert signal.getsignal(name) == before

    @pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
    def test_a_second_signal_ends_the_process_as_usual(self, tmp_path, name, monkeypatch):
        """By whoever heard it before; but one that comes with the first is the same press."""
        heard, desired = [], DesiredStateWatch(SweepFolder(tmp_path))
        before = signal.signal(name, lambda number, frame: heard.append(number))
        try:
            with desired.hearing_signals():
                os.kill(os.getpid(), name)
                os.kill(os.getpid(), name)
                assert heard == [] and desired.interrupted
                desired.hear_again()
                monkeypatch.setattr("sweeps.execution.desired.ONE_PRESS_SECONDS", -1.0)
                os.kill(os.getpid(), name)
                assert heard == [name]
        finally:
            signal.signal(name, before)

    def test_a_closed_terminal_ends_nothing(self, tmp_path):
        """SIGHUP is not heard, and again as before afterwards."""
        before, desired = signal.getsignal(signal.SIGHUP), DesiredStateWatch(SweepFolder(tmp_path))
        with desired.hearing_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            assert desired.current() == DesiredState.RUN
        assert signal.getsignal(signal.SIGHUP) == before


def test_a_folder_at_a_url_is_looked_at_behind_the_work():
    """A service that is slow to answer, or away, holds up nobody who asks what is desired."""
    folder = SweepFolder(f"memory://{uuid.uuid4().hex}/one")
    desired_state.request(folder, DesiredState.STOP)
    desired = DesiredStateWatch(folder)
    assert desired.current() == DesiredState.RUN  # nobody looks yet
    with desired.looking():
        while desired.current() != DesiredState.STOP:
            threading.Event().wait(0.01)
