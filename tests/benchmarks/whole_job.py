"""One whole study by xlt and by plain Ray Tune with the Hugging Face Trainer, in turn.

    .venv/bin/python tests/benchmarks/whole_job.py

SciTail, SNLI and QQP as intermediates, counts 0 to 3 in every order (16 plans), one seed, 150
steps a stage, XNLI scored on dev in 15 languages; the real data and small encoder. Each side is a
fresh process and pays for its own start-up. Prints where the time goes in each, and how far the
scores lie apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
BIN = Path(sys.executable).parent

SPEC = """\
name: whole-job
encoder: {encoder}
data: {data}
intermediate:
  tasks: [scitail, snli, qqp]
  count: 0..3
targets: [xnli]
seeds: 1
splits: [dev]
recipe:
  train: {{steps: {steps}, batch_size: 32, learning_rate: 3e-4, max_length: 128}}
  target: {{steps: {steps}, batch_size: 32, learning_rate: 3e-4, max_length: 128}}
search: {{method: grid}}
execution: {{workers: 2, threads: 1}}
"""


def main() -> None:
    """Run both and print the comparison."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--only", choices=["xlt", "plain"])
    known = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if known.only != "plain":
            results["xlt"] = ours(Path(folder) / "xlt", known.steps)
        if known.only != "xlt":
            results["plain"] = theirs(Path(folder) / "plain", known.steps)
    if len(results) == 2:
        results["ratio"] = results["plain"]["wall"] / results["xlt"]["wall"]
        pairs = [
            (results["xlt"]["means"][plan], mean)
            for plan, mean in results["plain"]["means"].items()
        ]
        results["mean difference"] = sum(a - b for a, b in pairs) / len(pairs)
        results["largest difference"] = max(abs(a - b) for a, b in pairs)
    print(json.dumps(results, indent=1))


def ours(scratch: Path, steps: int) -> dict[str, Any]:
    """`xlt run`, as a user types it."""
    scratch.mkdir(parents=True)
    spec = scratch / "whole-job.yaml"
    encoder, data = SHARED / "models" / "xlt-mini", SHARED / "data"
    spec.write_text(SPEC.format(encoder=encoder, data=data, steps=steps))
    began = time.time()
    subprocess.run([BIN / "xlt", "run", spec.name], cwd=scratch, check=True, capture_output=True)
    wall = time.time() - began
    sys.path.insert(0, str(ROOT))
    from xlt_core.store import Store

    store = Store(scratch / "runs" / "stages")
    spent = {"train": 0.0, "evaluate": 0.0}
    intervals = []
    for entry in store.executions():
        spent[entry["kind"]] += entry["seconds"]
        intervals.append((entry["began"], entry["began"] + entry["seconds"]))
    first, last = min(a for a, _ in intervals), max(b for _, b in intervals)
    rows = json.loads(
        subprocess.run(
            [BIN / "xlt", "results", "whole-job", "--json"],
            cwd=scratch,
            check=True,
            capture_output=True,
        ).stdout
    )
    means: dict[str, list[float]] = {}
    for row in rows:
        if row["metric"] == "accuracy":
            plan = "" if row["plan"] == "(none)" else row["plan"].replace(" > ", ">")
            means.setdefault(plan, []).append(row["score"])
    return {
        "wall": wall,
        "before the first stage": first - began,
        "after the last stage": began + wall - last,
        "worker seconds training": spent["train"],
        "worker seconds evaluating": spent["evaluate"],
        "worker seconds waiting": 2 * (last - first) - sum(spent.values()),
        "stages trained": sum(entry["kind"] == "train" for entry in store.executions()),
        "means": {plan: sum(values) / len(values) for plan, values in means.items()},
    }


def theirs(scratch: Path, steps: int) -> dict[str, Any]:
    """`plain_tune.py` in a process of its own."""
    scratch.mkdir(parents=True)
    began = time.time()
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("plain_tune.py")),
            *("--data", str(SHARED / "data")),
            *("--encoder", str(SHARED / "models" / "xlt-mini")),
            *("--scratch", str(scratch)),
            *("--steps", str(steps)),
        ],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    told = json.loads(done.stdout.decode().strip().splitlines()[-1])
    spent: dict[str, float] = {}
    for trial in told["trials"]:
        for name, seconds in trial["spent"].items():
            spent[name] = spent.get(name, 0.0) + seconds
    wall = time.time() - began
    return {
        "wall": wall,
        **{f"worker seconds {name}": seconds for name, seconds in spent.items()},
        "worker seconds waiting": 2 * wall - sum(spent.values()),
        "means": {trial["plan"]: trial["mean"] for trial in told["trials"]},
    }


if __name__ == "__main__":
    main()
