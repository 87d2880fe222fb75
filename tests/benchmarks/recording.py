"""How much MLflow slows training: one study with its recorder running, and with it held still.

    .venv/bin/python tests/benchmarks/recording.py --pairs 4

The study of `whole_job.py` with counts 0 to 2, on two workers and two cores, so that nothing is
left over for whoever writes to MLflow. In every other run the process that writes is suspended from
its start until the last stage is there: the same stages, nothing written meanwhile. Compared are
the seconds that workers spend in the same stages, and those from the first stage to the last.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.whole_job import BIN, SHARED, SPEC  # noqa: E402
from tests.faults.processes import named  # noqa: E402

if TYPE_CHECKING:
    import psutil

WRITER = "sweeps.tracking.process"
NAME = "whole-job"


def main() -> None:
    """Run both in turn and print the ratios, recording over held still."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=40)
    known = parser.parse_args()
    ratios: dict[str, list[float]] = {"worker seconds": [], "first to last stage": []}
    for pair in range(known.pairs):
        figures = {}
        for held in (False, True) if pair % 2 else (True, False):
            with tempfile.TemporaryDirectory() as scratch:
                figures[held] = one_run(Path(scratch), known.steps, held)
            print(f"held still {held}: {figures[held]}", file=sys.stderr)
        for name, all_of_them in ratios.items():
            all_of_them.append(figures[False][name] / figures[True][name])
    print(json.dumps({**ratios, "medians": {k: statistics.median(v) for k, v in ratios.items()}}))


def one_run(scratch: Path, steps: int, held: bool) -> dict[str, float]:
    """Seconds of one `xlt run`."""
    encoder, data = SHARED / "models" / "xlt-mini", SHARED / "data"
    spec = SPEC.format(encoder=encoder, data=data, steps=steps).replace("0..3", "0..2")
    (scratch / f"{NAME}.yaml").write_text(spec)
    expected = distinct_stages(scratch)
    with (scratch / "output").open("wb") as output:
        driver = subprocess.Popen(
            [BIN / "xlt", "run", f"{NAME}.yaml"], cwd=scratch, stdout=output, stderr=output
        )
        if held:
            writer = suspended_writer(driver)
            while driver.poll() is None and len(executions(scratch)) < expected:
                time.sleep(0.5)  # a store tells nobody
            writer.resume()
    if driver.wait() != 0:
        raise SystemExit((scratch / "output").read_text())
    return spent(scratch)


def suspended_writer(driver: subprocess.Popen[bytes]) -> psutil.Process:
    """The process that writes to MLflow, stopped as soon as it is there."""
    while not (found := named(driver.pid, WRITER)):
        time.sleep(0.02)  # a process that begins tells nobody
    found[0].suspend()
    return found[0]


def distinct_stages(scratch: Path) -> int:
    """How many stages the study has, by `xlt plan`."""
    told = subprocess.run(
        [BIN / "xlt", "plan", f"{NAME}.yaml", "--json"], cwd=scratch, check=True, stdout=PIPE
    ).stdout
    return int(json.loads(told)["stages"]["distinct"])


def executions(scratch: Path) -> list[dict[str, Any]]:
    """The stages that are there."""
    from xlt_core.store import Store

    return list(Store(scratch / "runs" / "stages").executions())


def spent(scratch: Path) -> dict[str, float]:
    """Worker seconds, and seconds from the first stage's start to the last one's end."""
    entries = executions(scratch)
    ends = [entry["began"] + entry["seconds"] for entry in entries]
    return {
        "worker seconds": sum(entry["seconds"] for entry in entries),
        "first to last stage": max(ends) - min(entry["began"] for entry in entries),
    }


if __name__ == "__main__":
    main()
