"""How far a spec walks from the command line to its first trial, and a score to MLflow and report.

    .venv/bin/python tests/benchmarks/walk.py              # --tree DIR: another checkout's house

Counted on a real run of the lab, in every process: *files* of ours that are entered; *returns* are
ways from one file into another that had been entered before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SPEC = """
name: walked
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
seeds: 1
recipe: {train: {steps: 10, batch_size: 16}, target: {steps: 10, batch_size: 16}}
search: {method: grid}
execution: {workers: 1, concurrency: 1}
"""
HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tree", type=Path, default=HERE.parents[1])
    tree = parser.parse_args().tree.resolve()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "walked.yaml").write_text(SPEC)
        run(tree, root / "plain", {})
        score = a_score(tree, root / "plain")
        scored = notes(tree, root, "score", {"WALK_SCORE": repr(score)})
        spec = notes(tree, root, "spec", {})
    ways = next(lines for lines in spec if any("cli/run.py" in line for line in lines))
    entered = [way.split(" ")[-1] for way in ways]
    files = set(entered)
    print(
        json.dumps(
            {
                "spec": {"files": len(files), "returns": len(entered) - len(files)},
                "score": {"files": len({file for lines in scored for file in lines})},
            }
        )
    )


def run(tree: Path, runs: Path, variables: dict[str, str]) -> None:
    """`xlt run`, with its sweep below `runs`."""
    env = {**os.environ, "PYTHONPATH": str(tree), "XLT_RUNS": str(runs), **variables}
    command = [sys.executable, "-P", "-m", "sweeps", "run", str(runs.parent / "walked.yaml")]
    subprocess.run(command, env=env, check=True, cwd=runs.parent, capture_output=True)


def a_score(tree: Path, runs: Path) -> float:
    """One that is hardly anything else's."""
    env = {**os.environ, "PYTHONPATH": str(tree), "XLT_RUNS": str(runs)}
    command = [sys.executable, "-P", "-m", "sweeps", "results", "walked", "--json"]
    shown = subprocess.run(command, env=env, check=True, cwd=runs.parent, capture_output=True)
    scores: list[float] = [row["score"] for row in json.loads(shown.stdout)]
    return next(score for score in scores if score != round(score, 6))


def notes(tree: Path, root: Path, name: str, variables: dict[str, str]) -> list[list[str]]:
    """What each process of a traced run noted, in order."""
    out = root / f"notes-{name}"
    out.mkdir()
    path = os.pathsep.join([str(HERE / "walked"), str(tree)])
    given = {"WALK_TREE": str(tree), "WALK_OUT": str(out), "PYTHONPATH": path, **variables}
    run(tree, root / f"runs-{name}", given)
    return [file.read_text().splitlines() for file in out.iterdir()]


if __name__ == "__main__":
    main()
