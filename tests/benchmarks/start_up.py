"""Seconds from `xlt run` to the first stage trained, phase by phase, and what cores spent on it.

    .venv/bin/python tests/benchmarks/start_up.py --runs 5 --against ../another-checkout

A sweep of two trials on the lab's world, each run in a folder of its own, after one run that is not
counted (caches are filled, as on a laptop where xlt has run before). With `--against` the same by
the code of another checkout, in turn. Medians; a phase ends when the line that says so is written.
Seconds of cores are those of all processes that the run has started, until the first stage is done.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
name: start
encoder: lab-small
data: lab
intermediate: {tasks: [lab-topic], count: 0..1}
targets: [lab-nli]
seeds: 1
recipe:
  train: {steps: 20, batch_size: 16, learning_rate: 2e-3}
  target: {steps: 20, batch_size: 16, learning_rate: 2e-3}
search: {method: grid}
execution: {workers: 2, concurrency: 2}
"""
PHASES = {  # by what a line has in it, once the phase is over
    "spec read": "opening data and encoder",
    "data and encoder opened": "reading the study",
    "study read": "starting Ray on this machine",
    "Ray up": "starting workers",
    "a worker ready": "workers ready",
    "first stage trained": "done  lab-",
}
CORES = "core seconds until then"


def main() -> None:
    """Time the runs in turn; print a table and one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout of the project")
    known = parser.parse_args()
    checkouts = {"this": ROOT} | ({"other": known.against.resolve()} if known.against else {})
    found: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(known.runs + 1):
            for name, checkout in checkouts.items():
                home = Path(folder) / f"{name}-{number}"
                home.mkdir()
                environment = {
                    **os.environ,
                    "PYTHONPATH": str(checkout),
                    "XLT_CACHE": str(Path(folder) / name),
                }
                timed = time_one(home, environment)
                if number:
                    found[name].append(timed)
    medians = {
        name: {phase: statistics.median(run[phase] for run in runs) for phase in (*PHASES, CORES)}
        for name, runs in found.items()
    }
    for name, figures in medians.items():
        print(f"{name} checkout, median of {known.runs} runs, seconds since the start")
        for phase, seconds in figures.items():
            print(f"  {seconds:6.2f}  {phase}")
    print(json.dumps({"runs": known.runs, **medians}))


def time_one(home: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """One run in `home`: when each phase was over, in seconds since its start."""
    (home / "start.yaml").write_text(SPEC)
    began = time.monotonic()
    command = [sys.executable, "-P", "-m", "sweeps", "run", "start.yaml"]
    with subprocess.Popen(
        command, cwd=home, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        watch = _CoreSeconds(process.pid)
        assert process.stderr is not None
        found: dict[str, float] = {}
        for line in process.stderr:
            for phase, sign in PHASES.items():
                if phase not in found and sign in line.decode():
                    found[phase] = time.monotonic() - began
                    found[CORES] = watch.now()
        watch.end()
    assert process.returncode == 0 and found.keys() >= PHASES.keys(), found
    return found


class _CoreSeconds:
    """Core seconds of a process and all that it starts, those that have ended among them."""

    def __init__(self, process: int) -> None:
        self._process = psutil.Process(process)
        self._by_process: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def now(self) -> float:
        self._look()
        return sum(self._by_process.values())

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._ended.wait(0.05):
            self._look()

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error):
            for each in (self._process, *self._process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    spent = each.cpu_times()
                    self._by_process[each.pid, each.create_time()] = spent.user + spent.system


if __name__ == "__main__":
    main()
