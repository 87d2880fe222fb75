"""A machine is lost with all its disks; the sweep lies at a URL, and goes on from another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sweeps.spec.paths import EVENTS, SweepFolder
from tests.faults.processes import gone, kill, named, suspended, tree
from tests.faults.test_whole import await_that
from tests.s3_server import serving
from tests.sweeps import postgresql

SPEC = """\
name: far
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en, qla]
seeds: 1
recipe: {{train: {{steps: 150, batch_size: 16}}, target: {{steps: 150, batch_size: 16}}}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1, checkpoint_seconds: 0.5}}
storage: {storage}
tracking: {tracking}
"""


class Machine:
    """A folder that is all the disk a machine has."""

    def __init__(self, path: Path, runs: str) -> None:
        (path / "t").mkdir(parents=True)
        self.path = path
        changed = {"XLT_RUNS": runs, "TMPDIR": str(path / "t"), "RAY_TMPDIR": str(path / "t")}
        self._environment = os.environ | changed

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        log = (self.path / "said").open("wb")
        return subprocess.Popen(
            [Path(sys.executable).parent / "xlt", *words],
            cwd=self.path, env=self._environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def xlt(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "xlt"), *words]
        return subprocess.run(
            command, cwd=self.path, env=self._environment, capture_output=True, text=True
        )

    def state(self) -> str:
        found: str = json.loads(self.xlt("status", "far", "--json").stdout)["state"]
        return found


@pytest.fixture
def places(short_folder: Path) -> Iterator[tuple[str, str, str]]:
    """Where sweeps, studies and tracking lie, none of it on a machine of the sweep."""
    with serving() as bucket, postgresql.serving() as storage:
        yield f"{bucket}/{uuid.uuid4().hex}/runs", storage, str(short_folder / "mlflow.db")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Ray's sockets lie in it, and their paths may not be long."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="xlt-") as name:
        yield Path(name)


def happened(runs: str, kind: str) -> Callable[[], bool]:
    files = SweepFolder(f"{runs}/far").files
    return lambda: f'"kind": "{kind}"' in files.read_from(EVENTS, 0)[0]


@pytest.mark.fault
def test_another_machine_goes_on_with_the_sweep(short_folder, places):
    """Looked at, stopped and resumed from machines that share no disk with it."""
    runs, storage, tracking = places
    first = Machine(short_folder / "a", runs)
    laptop = Machine(short_folder / "b", runs)
    (first.path / "far.yaml").write_text(SPEC.format(storage=storage, tracking=tracking))
    driver = first.start("run", "far.yaml")
    await_that(happened(runs, "stage_started"), driver)
    with suspended(named(driver.pid, "ray::Worker")):  # nothing is finished behind our back
        assert laptop.state() == "running"
        everything = tree(driver.pid)
        kill(everything)
    assert not list(gone(everything))
    driver.wait()
    shutil.rmtree(first.path)
    assert laptop.state() == "interrupted"

    second = Machine(short_folder / "c", runs)
    done = second.xlt("resume", "far")
    assert done.returncode == 0, done.stderr
    status = json.loads(laptop.xlt("status", "far", "--json").stdout)
    assert status["state"] == "finished" and status["trials"]["finished"] == 2
    assert status["stages"]["executed"] == status["stages"]["distinct"]
    journal, _ = SweepFolder(f"{runs}/far").files.read_from(EVENTS, 0)
    assert journal.count('"kind": "sweep_started"') == 2
    assert not list(short_folder.glob("*/runs"))


@pytest.mark.slow
@pytest.mark.fault
def test_a_request_reaches_a_driver_on_another_machine(short_folder, places):
    """`cancel` from a laptop, by the sweep's URL; its driver says how it ended."""
    runs, storage, tracking = places
    first, laptop = (Machine(short_folder / name, runs) for name in "ab")
    (first.path / "far.yaml").write_text(SPEC.format(storage=storage, tracking=tracking))
    driver = first.start("run", "far.yaml")
    await_that(happened(runs, "stage_started"), driver)
    with suspended(named(driver.pid, "ray::Worker")):
        asked = laptop.xlt("cancel", f"{runs}/far")
    assert asked.returncode == 0, asked.stderr
    assert driver.wait() == 3, (first.path / "said").read_text()
    assert laptop.state() == "cancelled"


def test_databases_must_be_named(short_folder):
    """Neither SQLite nor MLflow can lie at a URL: said beforehand, each by its field."""
    machine = Machine(short_folder / "a", "memory://none")
    text = SPEC.partition("storage:")[0].format()
    (machine.path / "far.yaml").write_text(text)
    for command in ("plan", "run"):
        done = machine.xlt(command, "far.yaml")
        assert done.returncode == 2
        assert "storage:" in done.stderr and "tracking:" in done.stderr, done.stderr
