"""Workers here are forked from a template: at once, and the same as those that Ray starts."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray

from sweeps.execution import forked_worker
from sweeps.execution import worker_template as worker_template_module
from sweeps.execution.cluster import cluster
from sweeps.execution.forked_worker import FIRST_JOB, JOB, SCRIPT, SOCKET
from sweeps.execution.worker_template import WorkerTemplate, worker_template
from sweeps.spec.sweep import Execution

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")


def test_a_template_that_stands_still_is_not_waited_for(tmp_path, monkeypatch):
    """The worker begins as Ray would have it: whoever asks gets an OSError in the end."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "template"))
        listener.listen()
        monkeypatch.setenv(SOCKET, str(tmp_path / "template"))
        monkeypatch.setattr(forked_worker, "PATIENCE_SECONDS", 0.1)
        with pytest.raises(OSError):
            forked_worker.handed_over()


def test_what_killed_drivers_left_goes_with_the_next_one(tmp_path, monkeypatch):
    """Sockets that nobody listens at; another sweep's that is alive stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(worker_template_module, "LONGEST_FOLDER", 1000)
    first, second = WorkerTemplate(), WorkerTemplate()
    first._process.kill()
    first._process.wait()
    third = WorkerTemplate()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {Path(one._folder).name for one in (second, third)}
    for one in (second, third):
        one.close()
    assert not list(tmp_path.iterdir())


@ray.remote(num_cpus=0)
class Looker:
    """What a process of Ray's looks like from inside."""

    def look(self) -> dict[str, Any]:
        import numpy

        return {
            "parent": os.getppid(),
            "chances": [
                *(float(numpy.random.random()), random.random(), uuid.uuid4().hex),
                *(tempfile.mktemp(), ray.ObjectID.from_random().hex()),
            ],
            "imported": "torch" in sys.modules,
            "same": {
                # Of workers that Ray starts ahead it says that they have no job.
                "environment": {**os.environ, JOB: FIRST_JOB},
                "folder": str(Path.cwd()),
                "arguments": [text for text in sys.argv if "id=" not in text and "ms=" not in text],
                "path": sys.path,
                "niceness": os.nice(0),
                "group": os.getpgid(0) == os.getpid(),
                "signals": {
                    name.name: getattr(signal.getsignal(name), "__qualname__", str(name))
                    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)
                },
                "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
                "output": [Path(f"/proc/self/fd/{n}").readlink().suffix for n in range(3)],
                "collects": sys.flags.safe_path,
            },
        }


@pytest.fixture(scope="module")
def own() -> Iterator[WorkerTemplate]:
    with worker_template(Execution(device="cpu"), None) as made:
        assert made is not None
        yield made


@pytest.fixture(scope="module")
def looks(own: WorkerTemplate) -> list[dict[str, Any]]:
    """Two forked workers, then one that Ray starts by its own script, the template being gone."""
    with cluster(Execution(workers=1, device="cpu"), None, template=own):
        actors = [Looker.remote() for _ in range(4)]  # more than Ray starts ahead
        found: list[dict[str, Any]] = ray.get([actor.look.remote() for actor in actors])
        forked = own._process.pid
        os.kill(forked, signal.SIGKILL)
        more = [Looker.remote() for _ in range(4)]
        found += ray.get([actor.look.remote() for actor in more])
        return [{**look, "forked": look["parent"] == forked} for look in found]


def test_they_are_forked_and_have_all_imported(looks: list[dict[str, Any]]) -> None:
    """Where a template is, workers come from it; where it is gone, Ray's own script is as good."""
    assert [look["forked"] for look in looks[:4]] == [True] * 4
    assert all(look["imported"] for look in looks if look["forked"])
    assert not looks[-1]["forked"] and not looks[-1]["imported"]


def test_they_are_as_any_worker(looks: list[dict[str, Any]]) -> None:
    """Environment, folder, arguments, signals: nothing tells where they came from."""
    plain = looks[-1]["same"]
    for look in looks[:4]:
        assert look["same"] == plain
    assert SOCKET in plain["environment"] and SCRIPT in plain["environment"]


def test_they_do_not_share_their_chance(looks: list[dict[str, Any]]) -> None:
    """A random state that was made when modules were imported is not everybody's."""
    for drawn in zip(*(look["chances"] for look in looks), strict=True):
        assert len(set(drawn)) == len(looks), drawn


def test_closed_it_leaves_nothing() -> None:
    """No process, and no socket."""
    with worker_template(Execution(device="cpu"), None) as made:
        assert made is not None
        process, folder = psutil.Process(made._process.pid), Path(made._folder)
        assert folder.is_dir()
    assert not process.is_running() and not folder.exists()


def test_none_where_workers_are_elsewhere_or_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA does not outlive a fork; another cluster's workers are its own."""
    from sweeps.execution import worker_template as module

    with worker_template(Execution(), "auto") as made:
        assert made is None
    monkeypatch.setattr(module, "_GPUS", (os.devnull,))
    with worker_template(Execution(), None) as made:
        assert made is None
