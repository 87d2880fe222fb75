"""A cluster of one's own, on a machine that makes it hard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from sweeps.execution.cluster import STARTS, cluster
from sweeps.execution.scratch import LONGEST_FOLDER
from sweeps.spec.sweep import Execution
from xlt_core.vocabulary.errors import UserMistake

ROOT = Path(__file__).parents[3]
# What a worker finds under the name of a module that Python has too.
SCRIPT = """
import signal

import ray
from sweeps.execution.cluster import cluster
from sweeps.spec.sweep import Execution


@ray.remote(num_cpus=0)
def found():
    import colorsys

    return colorsys.__file__


if __name__ == "__main__":
    kept = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with cluster(Execution(workers=1), None):
        print("found", ray.get(found.remote()))
        after = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        print("signals", "left alone" if after == kept else "taken")
"""

LOSING = """
import os, threading
import psutil
from sweeps.execution.cluster import cluster
from sweeps.spec.sweep import Execution

said = threading.Event()


def hear(text):
    print(text, flush=True)
    if "ended" in text:
        said.set()


with cluster(Execution(workers=1), None, hear):
    (raylet,) = [one for one in psutil.Process().children() if one.name() == "raylet"]
    raylet.kill()
    said.wait()
    os._exit(0)
"""


class TestCluster:
    """`cluster`, without an address."""

    def test_long_temporary_folder_and_modules_of_the_user(self, tmp_path):
        """Sockets have room for 107 bytes, a user's colorsys.py is none of a worker's, and signals
        are answered by whoever answered them before, also while Ray starts."""
        here, long = tmp_path / "here", tmp_path / ("t" * 140)
        here.mkdir()
        long.mkdir()
        (here / "colorsys.py").write_text("raise SystemExit('the user’s own')\n")
        assert len(os.fsencode(long)) > LONGEST_FOLDER
        done = subprocess.run(
            [sys.executable, "-P", "-c", SCRIPT],
            cwd=here,
            env={**os.environ, "TMPDIR": str(long), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "signals left alone" in done.stdout
        shown = next(line for line in done.stdout.splitlines() if line.startswith("found "))
        assert Path(shown.removeprefix("found ")).parent != here

    def test_a_process_of_rays_own_that_ends_is_said(self):
        """What Ray says then, before it ends the driver, says nothing of the sweep."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", LOSING],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Ray's own raylet on this machine ended" in done.stdout, done.stderr
        assert "`xlt resume` goes on" in done.stdout

    def test_a_node_that_is_slow_to_start_is_tried_again(self, monkeypatch):
        """A busy machine is no error of a program; in the end it is said on one screen."""
        tries = []

        def slow(*_: object, **__: object) -> None:
            tries.append(1)
            raise Exception("The current node timed out during startup. This could happen because")

        monkeypatch.setattr(ray, "init", slow)
        monkeypatch.setattr(ray, "is_initialized", lambda: False)
        with pytest.raises(UserMistake, match="busy"), cluster(Execution(workers=1), None):
            pass
        assert len(tries) == STARTS
