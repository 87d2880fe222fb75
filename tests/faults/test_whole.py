"""A whole sweep, killed and resumed as a user would, equals one that nobody touched.

The few kills that fit into every test run; `campaign.py` does them by the dozen.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from sweeps.processes import ONE_PRESS_SECONDS
from tests.faults import campaign, disk, terminal
from tests.faults.processes import gone, kill, named, suspended, tree
from tests.faults.small_disk import ballast, mounted

SPEC = """\
name: campaign
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs, lab-tags+lab-topic], count: 0..2}}
targets: [lab-nli]
languages: [en, qla, qlc]
seeds: 1
recipe:
  train: {{steps: 30, batch_size: 16, head: keep}}
  target: {{steps: 30, batch_size: 16, freeze: {{choice: [none, 'layers:1']}}}}
search: {{method: tpe, trials: 5, window: 2}}
execution:
  {{workers: {workers}, concurrency: {workers}, checkpoint_seconds: 0.2, retry_seconds: 0.5}}
"""


def prepare(home: Path, workers: int = 1) -> Path:
    """One worker is there sooner than two, and comes to the same results."""
    home.mkdir()
    (home / "campaign.yaml").write_text(SPEC.format(workers=workers))
    return home


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sweep as it goes when nobody touches it."""
    home = prepare(tmp_path_factory.mktemp("whole") / "untouched", workers=2)
    campaign.uninterrupted(home)
    return home


@pytest.fixture(scope="module")
def reference(untouched: Path) -> dict[str, object]:
    """What came of it."""
    return campaign.outcome(untouched)


def happened(home: Path, kind: str) -> Callable[[], bool]:
    """Whether the sweep's journal tells of an event of this kind."""
    journal = home / "runs" / "campaign" / "events.jsonl"
    return lambda: journal.exists() and f'"kind": "{kind}"' in journal.read_text()


def await_that(condition: Callable[[], bool], driver: subprocess.Popen[bytes]) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 120
    while not condition():
        assert driver.poll() is None, "the sweep ended before it came to this"
        assert time.monotonic() < deadline, "this never came about"
        pause.wait(0.02)


def xlt(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "xlt"), *words]
    return subprocess.run(command, cwd=home, capture_output=True, text=True)


@pytest.mark.fault
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("sweep_started", marks=pytest.mark.slow),
        "stage_started",
        pytest.param("trial_finished", marks=pytest.mark.slow),
    ],
)
def test_a_driver_killed_with_all_its_processes(tmp_path, reference, moment):
    """kill -9 of the whole tree at a moment; resumed, it is the same sweep to the bit."""
    home = prepare(tmp_path / "home", workers=2)
    driver = campaign.start(home)
    await_that(happened(home, moment), driver)
    everything = tree(driver.pid)
    kill(everything)
    assert not list(gone(everything))
    driver.wait()

    status = json.loads(xlt(home, "status", "campaign", "--json").stdout)
    assert status["state"] == "interrupted"
    resumed = xlt(home, "resume", "campaign")
    assert resumed.returncode == 0, resumed.stderr
    assert campaign.differences(home, reference, campaign.Tally("tree")) == []
    status = json.loads(xlt(home, "status", "campaign", "--json").stdout)
    assert status["state"] == "finished"
    assert status["stages"]["executed"] == status["stages"]["distinct"]


@pytest.mark.fault
def test_a_second_driver_is_refused_and_a_cancelled_sweep_goes_on(tmp_path, reference):
    """One driver a sweep; cancel ends it now; resume makes it whole."""
    home = prepare(tmp_path / "home")
    driver = campaign.start(home)
    await_that(happened(home, "stage_started"), driver)
    with suspended(workers(driver)):
        second = xlt(home, "run", "campaign.yaml")
        assert second.returncode == 2 and "Traceback" not in second.stderr
        assert xlt(home, "cancel", "campaign").returncode == 0
    assert driver.wait() == 3
    status = json.loads(xlt(home, "status", "campaign", "--json").stdout)
    assert status["state"] == "cancelled"
    assert xlt(home, "resume", "campaign").returncode == 0
    assert campaign.differences(home, reference, campaign.Tally("cancel")) == []


def workers(driver: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute its stages."""
    found = named(driver.pid, "ray::Worker")
    assert found
    return found


@contextmanager
def filled(home: Path, driver: subprocess.Popen[bytes]) -> Iterator[None]:
    """A full disk under the sweep, for a while; no stage ends while it is being filled."""
    with ExitStack() as stack:
        with suspended(workers(driver)):
            stack.enter_context(ballast(home / "runs"))
        yield


def says(home: Path, words: str) -> Callable[[], bool]:
    """Whether the sweep has said these words."""
    return lambda: words in campaign.tail(home)


@pytest.fixture
def on_a_disk(tmp_path: Path) -> Iterator[Path]:
    """A prepared home whose runs folder is a disk of its own."""
    home = prepare(tmp_path / "home")
    with mounted(home / "runs", disk.SIZE) as may:
        if not may:
            pytest.skip("needs the right to mount a small disk")
        yield home


@pytest.mark.fault
def test_a_full_disk_pauses_the_sweep(on_a_disk, reference):
    """It says so, goes on by itself when there is room, and is the same sweep to the bit."""
    driver = campaign.start(on_a_disk)
    await_that(happened(on_a_disk, "stage_started"), driver)
    with filled(on_a_disk, driver):
        await_that(says(on_a_disk, "WAIT"), driver)
    assert driver.wait() == 0, campaign.tail(on_a_disk)
    assert xlt(on_a_disk, "sync", "campaign").returncode == 0
    assert campaign.differences(on_a_disk, reference, campaign.Tally("disk")) == []


@pytest.mark.slow
@pytest.mark.fault
def test_a_sweep_terminated_while_it_waits_for_room_goes_on(on_a_disk, reference):
    """SIGTERM ends it in order, without a dump of Ray's; resumed with room, it is whole."""
    driver = campaign.start(on_a_disk)
    await_that(happened(on_a_disk, "stage_started"), driver)
    with filled(on_a_disk, driver):
        await_that(says(on_a_disk, "WAIT"), driver)
        driver.terminate()
        assert driver.wait() == 130
        said = (on_a_disk / "log.txt").read_text()
        assert "campaign is interrupted" in said
        assert "SIGTERM" not in said and "Traceback" not in said
    resumed = xlt(on_a_disk, "resume", "campaign")
    assert resumed.returncode == 0, resumed.stderr
    assert xlt(on_a_disk, "sync", "campaign").returncode == 0
    assert campaign.differences(on_a_disk, reference, campaign.Tally("disk")) == []


@pytest.mark.fault
def test_a_closed_terminal_leaves_the_sweep_running(tmp_path, reference):
    """Its reader gone and everybody told so, the sweep goes on and ends as it would have."""
    home = prepare(tmp_path / "home")
    with terminal.around():
        driver = campaign.start(home)
        await_that(happened(home, "stage_started"), driver)
        for _ in range(2):  # the second time its reader has gone: then it is told so
            terminal.strike(home, driver.pid, random.Random(0))
        assert driver.wait() == 0
    assert campaign.differences(home, reference, campaign.Tally("terminal")) == []


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("opening data", signal.SIGINT),
        ("opening data", signal.SIGTERM),
        ("starting Ray", signal.SIGTERM),  # which Ray has a handler of its own for
        pytest.param("starting Ray", signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_signal_before_anything_is_computed(tmp_path, name, words):
    """While data are opened, or Ray starts: it answers, ends in order, and has begun nothing."""
    home = prepare(tmp_path / "home")
    driver = campaign.start(home)
    await_that(lambda: (home / "log.txt").exists() and says(home, words)(), driver)
    driver.send_signal(name)
    assert driver.wait() == 130
    said = (home / "log.txt").read_text()
    assert "once more to leave at once" in said
    assert "interrupted" in said and "SIGTERM" not in said and "Traceback" not in said
    assert not (home / "runs" / "campaign").exists()


@pytest.mark.fault
def test_a_second_signal_leaves_at_once(tmp_path):
    """Whatever the first one still waits for; and nothing is left running."""
    home = prepare(tmp_path / "home")
    driver = campaign.start(home)
    await_that(happened(home, "trial_started"), driver)
    everything = tree(driver.pid)
    driver.send_signal(signal.SIGINT)
    await_that(says(home, "once more to leave at once"), driver)
    threading.Event().wait(ONE_PRESS_SECONDS)
    driver.send_signal(signal.SIGINT)
    assert driver.wait() == 130
    assert not list(gone(everything))


@pytest.mark.parametrize("place", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_without_a_cluster(untouched, place):
    """One screen, at once."""
    refused = xlt(untouched, "resume", "campaign", "--address", place)
    assert refused.returncode == 2
    assert "no Ray cluster answers there" in refused.stderr
    assert len(refused.stderr.splitlines()) < 10 and "Traceback" not in refused.stderr


def test_sync_rebuilds_what_was_tracked(untouched):
    """A deleted MLflow database comes back from the study and the store."""
    before = _tracked(untouched)
    for path in (untouched / "runs").glob("mlflow.db*"):
        path.unlink()
    synced = xlt(untouched, "sync", "campaign")
    assert synced.returncode == 0, synced.stderr
    assert _tracked(untouched) == before


def _tracked(home: Path) -> list[object]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{home}/runs/mlflow.db")
    experiments = [known.experiment_id for known in client.search_experiments()]
    runs = client.search_runs(experiments, max_results=1000)
    return sorted(
        [
            run.data.tags.get("xlt.stage", run.data.tags.get("xlt.trial", "")),
            run.info.status,
            run.info.run_name,
            sorted(run.data.params.items()),
            sorted(run.data.metrics.items()),
        ]
        for run in runs
    )
