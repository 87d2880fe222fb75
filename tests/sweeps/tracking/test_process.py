"""The tracking process: kills of it, of the driver and of the server lose and double nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sweeps.tracking.client import TrackerClient
from sweeps.tracking.reconcile import Closed, close_dead, needs_closing
from sweeps.tracking.run_page import noted
from sweeps.tracking.spool import Spool
from sweeps.tracking.sync import sync

AUTOGROUP = Path("/proc/self/autogroup")


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "order" / "tracking"


@pytest.fixture
def tracker(spool, uri):
    """A handle whose process is ended after the test."""
    made = TrackerClient(spool, uri)
    yield made
    if made._process is not None and made._process.poll() is None:
        made._process.kill()
        made._process.wait()


def until(condition):
    """Wait for another process; the test's runner is what limits it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.05)


@pytest.fixture(scope="module")
def told(tmp_path_factory, empty_database, a_sweep, a_trial, a_stage):
    """One driver's whole story: address, spool folder, records put while its process stood still,
    records left, the process."""
    folder = tmp_path_factory.mktemp("told")
    uri = f"sqlite:///{shutil.copy(empty_database, folder / 'mlflow.db')}"
    tracker = TrackerClient(folder / "spool", uri)
    tracker.start()
    process = tracker._process
    process.send_signal(signal.SIGSTOP)
    for record in [
        a_sweep("running"),
        replace(a_trial(7), params={"bad%key": "1"}),
        a_trial(1, "running"),
        a_trial(2, "running"),
        a_stage(),
    ]:
        tracker.put(record)
    waiting = len(Spool(folder / "spool"))
    process.send_signal(signal.SIGCONT)
    until(lambda: len(Spool(folder / "spool")) == 0)  # sent while the driver works
    tracker.put(a_trial(1))
    return uri, folder / "spool", waiting, tracker.finish(), process


class TestOneStory:
    def test_all_is_sent_and_the_process_is_gone(self, told):
        """Finish waits for what is left and for nothing else."""
        *_, left, process = told
        assert (left, process.returncode) == (0, 0)

    def test_put_does_not_wait(self, told):
        """The driver has put all while nobody was there to send it."""
        assert told[2] == 5

    def test_it_leaves_word_where_the_sweeps_own_run_is(self, told):
        """So that `xlt ui` finds the page of a server that is slow or away."""
        uri, spool, *_ = told
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
            ((experiment, run),) = connection.execute(
                "select r.experiment_id, r.run_uuid from runs r join tags t "
                "on t.run_uuid = r.run_uuid and t.key = 'xlt.level' and t.value = 'sweep'"
            )
        assert Spool(spool).page == noted(uri, f"{experiment}/{run}")

    def test_what_it_says_is_what_sync_says(self, told, database, picture, a_trial, a_stage):
        """Live tracking and the rebuilt picture agree on what has ended."""
        rebuilt = database("rebuilt")
        sync([a_trial(1), a_stage()], rebuilt)
        ended = (a_trial(1).tag_value, a_stage().tag_value)
        live, again = picture(told[0]), picture(rebuilt)
        live["order/1"]["tags"].pop("mlflow.parentRunId")
        assert [live[own] for own in ended] == [again[own] for own in ended]

    def test_nothing_is_left_running(self, told, picture):
        """A driver that ends early closes what it began."""
        states = {own: run["info"][1] for own, run in picture(told[0]).items()}
        assert states["order"] == states["order/2"] == "KILLED"
        assert "RUNNING" not in states.values()

    def test_a_record_mlflow_refuses_is_set_aside(self, told):
        """One bad record does not hold up those behind it."""
        assert "bad%key" in next((told[1] / "refused").glob("*.txt")).read_text()


def test_a_server_that_is_away_keeps_no_one_waiting(spool, a_trial):
    """Within the grace the process gives up, and the records stay for the next time."""
    tracker = TrackerClient(spool, "http://127.0.0.1:9")
    tracker.start()
    tracker.put(a_trial())
    assert tracker.finish(grace_seconds=0.5) == 1
    assert len(Spool(spool)) == 1


def test_a_full_disk_does_not_stop_the_sweep(tracker, spool, a_trial):
    """What cannot be written down is counted, nothing is raised."""
    for path in spool.iterdir():
        path.unlink()
    spool.rmdir()
    spool.write_text("not a folder")
    tracker.put(a_trial())
    assert tracker.lost == 1


@pytest.mark.fault
def test_the_process_killed_midway(tracker, uri, database, picture, a_trial):
    """It is started again with the next record; nothing lost, nothing doubled."""
    records = [a_trial(n) for n in range(30)]
    tracker.start()
    for record in records[:-1]:
        tracker.put(record)
    until(lambda: len(tracker._spool) < 25)
    tracker._process.kill()
    tracker._process.wait()
    tracker._started_at = 0.0  # as if it had run for long
    tracker.put(records[-1])
    assert tracker._process.poll() is None
    assert tracker.finish() == 0
    sync(records, database("rebuilt"))
    assert picture(uri) == picture(uri.replace("/mlflow/", "/rebuilt/"))


_DRIVER = """
import pathlib, signal, sys
from sweeps.tracking.client import TrackerClient
from sweeps.tracking.records import RunRecord
tracker = TrackerClient(pathlib.Path(sys.argv[1]), sys.argv[2])
tracker.start()
tracker.put(RunRecord("sweep", "order", None, "order", "RUNNING", 1e9))
for n in range(5):
    tracker.put(RunRecord("trial", f"order/{n}", "order", str(n), "RUNNING", 1e9 + n))
tracker.put(RunRecord("trial", "order/0", "order", "0", "FINISHED", 1e9, 1e9 + 9))
print(tracker._process.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def dead_driver(spool):
    """Runs a driver that begins a sweep, and kills it; gives its tracking process."""
    from sweeps.tracking.location import quiet_environment

    def run(uri, before_death=lambda: None):
        driver = subprocess.Popen(
            [sys.executable, "-c", _DRIVER, str(spool), uri],
            stdout=subprocess.PIPE,
            env=quiet_environment(),
        )
        process = psutil.Process(int(driver.stdout.readline()))
        before_death()
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        driver.stdout.close()
        return process

    return run


@pytest.mark.fault
def test_the_driver_killed(dead_driver, spool, uri, picture):
    """Its tracking process drains and ends by itself; closing then leaves nothing RUNNING."""
    process = dead_driver(uri)
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    assert len(Spool(spool)) == 0
    assert {run["info"][1] for run in picture(uri).values()} == {"RUNNING", "FINISHED"}
    assert needs_closing(spool)
    assert close_dead(spool, uri) == Closed(killed=5, remaining=0)
    states = {own: run["info"][1] for own, run in picture(uri).items()}
    assert states.pop("order/0") == "FINISHED"
    assert set(states.values()) == {"KILLED"}
    assert close_dead(spool, uri) == Closed()


@pytest.mark.fault
def test_closing_while_the_dead_drivers_process_still_drains(dead_driver, spool, uri, picture):
    """Two never write at once: the second waits for the first, and all ends closed."""
    dead_driver(uri)
    assert close_dead(spool, uri).remaining == 0
    assert "RUNNING" not in {run["info"][1] for run in picture(uri).values()}
    assert len(picture(uri)) == 6


needs_sessions = pytest.mark.skipif(
    not AUTOGROUP.exists(), reason="this system shares out the processor by processes only"
)


@needs_sessions
def test_it_gives_way_to_training(tracker, a_sweep, spool):
    """Its session counts little, once MLflow is there."""
    tracker.start()
    tracker.put(a_sweep("running"))
    group = Path(f"/proc/{tracker._process.pid}/autogroup")
    until(lambda: group.read_text().endswith("nice 15\n"))
    assert tracker.finish() == 0


@needs_sessions
def test_it_counts_as_anybody_once_it_is_waited_for():
    """The driver waits for its last records."""
    script = (
        "import os; from pathlib import Path\n"
        "from sweeps.tracking.process import Inbox, weigh_session\n"
        "weigh_session(15)\n"
        "inbox = Inbox(0, os.getppid(), 60.0)\n"
        "inbox.wait(60.0, for_news=False)\n"
        "print(inbox.ending, Path('/proc/self/autogroup').read_text())\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        input="finish 5\n",
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    ).stdout
    assert said.startswith("True") and said.strip().endswith("nice 0")


def test_closing_costs_no_mlflow_where_nothing_is_open(tmp_path):
    """A listing of sweeps may call it for each."""
    code = (
        "import pathlib, sys\n"
        "from sweeps.tracking.reconcile import close_dead\n"
        "import sweeps.tracking.project, sweeps.tracking.process\n"
        "close_dead(pathlib.Path(sys.argv[1]), '')\n"
        "sys.exit(bool({'mlflow', 'torch', 'ray', 'pandas'} & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == 0


@pytest.mark.fault
def test_the_server_killed_and_restarted(server, spool, database, picture, a_sweep, a_trial):
    """Records wait on disk while the server is away and arrive in order when it is back."""
    records = [a_sweep("running"), *(a_trial(n) for n in range(20)), a_sweep()]
    server.start()
    tracker = TrackerClient(spool, server.uri)
    tracker.start()
    for record in records[:15]:
        tracker.put(record)
    until(lambda: len(Spool(spool)) < 10)
    server.kill()
    for record in records[15:]:
        tracker.put(record)
    assert len(Spool(spool)) > 0
    server.start()
    assert tracker.finish(grace_seconds=60) == 0
    sync(records[1:], database("rebuilt"))
    assert picture(server.backend) == picture(server.backend.replace("/server/", "/rebuilt/"))
