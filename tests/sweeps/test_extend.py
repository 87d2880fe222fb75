"""A sweep is extended by running its spec with more in it, and by nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from xlt_core.store import Store

SPEC = """\
name: growing
encoder: lab-tiny
data: lab
intermediate: {{tasks: [{tasks}], count: 0..1}}
targets: [lab-nli]
languages: [{languages}]
seeds: {seeds}
recipe:
  train: {{steps: {steps}, batch_size: 16}}
  target: {{steps: 5, batch_size: 16}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
"""


def run(home: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    known = {"tasks": "lab-pairs", "languages": "en, qla", "seeds": 1, "steps": 5, **more}
    (home / "growing.yaml").write_text(SPEC.format(**known))
    return xlt(home, "run", "growing.yaml")


def xlt(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "xlt"), *words]
    return subprocess.run(command, cwd=home, capture_output=True, text=True)


def cells(home: Path) -> Counter[tuple[str, str, int]]:
    rows = json.loads(xlt(home, "results", "growing", "--json").stdout)
    return Counter((row["plan"], row["language"], row["seed"]) for row in rows)


def test_more_seeds_languages_and_tasks_are_added_and_anything_else_is_refused(tmp_path):
    """Old trials gain what they lack, nothing is computed twice, another recipe is turned away."""
    assert run(tmp_path).returncode == 0
    plans = {"(none)", "lab-pairs"}
    assert set(cells(tmp_path)) == {(p, c, 0) for p in plans for c in ("en", "qla")}

    grown = run(tmp_path, tasks="lab-pairs, lab-topic", languages="en, qla, qlc", seeds=2)
    assert grown.returncode == 0, grown.stderr
    assert "extended" in grown.stderr
    plans |= {"lab-topic"}
    expected = {(p, c, s) for p in plans for c in ("en", "qla", "qlc") for s in (0, 1)}
    assert set(cells(tmp_path)) == expected
    assert set(cells(tmp_path).values()) == {2}  # dev and test, once each

    refused = run(tmp_path, tasks="lab-pairs, lab-topic", languages="en", seeds=2, steps=6)
    assert refused.returncode == 2
    assert "recipe.train.steps" in refused.stderr and "Traceback" not in refused.stderr
    assert "5" in refused.stderr and "6" in refused.stderr

    done = Counter(
        e["key"] for e in Store(tmp_path / "runs" / "stages").executions() if e["ended"] == "done"
    )
    assert set(done.values()) == {1}
