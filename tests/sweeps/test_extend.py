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


def run(home: Path, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:
    known = {"tasks": "lab-pairs", "languages": "en, qla", "seeds": 1, "steps": 5, **more}
    (home / "growing.yaml").write_text(SPEC.format(**known))
    return xlt(home, "run", "growing.yaml", *options)


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

    wider: dict[str, Any] = {"tasks": "lab-pairs, lab-topic", "languages": "en, qla, qlc"}
    before = (tmp_path / "runs" / "growing" / "spec.yaml").read_bytes()
    unasked = run(tmp_path, seeds=2, **wider)
    assert unasked.returncode == 2 and "-y" in unasked.stderr
    assert (tmp_path / "runs" / "growing" / "spec.yaml").read_bytes() == before
    grown = run(tmp_path, "-y", seeds=2, **wider)
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


OWN = """\
name: owning
encoder: lab-tiny
data: lab
intermediate: {{tasks: [{tasks}], count: 0..1}}
targets: [{targets}]
languages: [en, qla]
seeds: 1
recipe:
  train: {{steps: 3, batch_size: 16}}
  target: {{steps: 3, batch_size: 16}}
  tasks: {{{own}}}
search: {{method: tpe, trials: {trials}}}
execution: {{workers: 1, concurrency: 1}}
"""
RATE = "{learning_rate: {log: [1e-4, 1e-3]}}"


def test_a_task_and_a_target_come_with_ranges_of_their_own(tmp_path):
    """Old trials are scored on the new target at its opening value; new ones search it."""
    spec = tmp_path / "owning.yaml"
    spec.write_text(OWN.format(tasks="lab-pairs", targets="lab-nli", own="", trials=2))
    assert xlt(tmp_path, "run", "owning.yaml").returncode == 0
    own = f"lab-topic: {RATE}, lab-tags: {RATE}"
    more = {"tasks": "lab-pairs, lab-topic", "targets": "lab-nli, lab-tags", "own": own}
    spec.write_text(OWN.format(trials=4, **more))
    grown = xlt(tmp_path, "run", "owning.yaml", "--yes")
    assert grown.returncode == 0, grown.stderr
    rows = json.loads(xlt(tmp_path, "results", "owning", "--json").stdout)
    scored = {(row["trial"], row["target"]) for row in rows}
    assert scored == {(trial, target) for trial in range(4) for target in ("lab-nli", "lab-tags")}


def test_two_folders_meet_in_one_database(tmp_path):
    """The second is refused in one screen and leaves nothing behind; the first may move."""
    spec = OWN.format(tasks="lab-pairs", targets="lab-nli", own="", trials=2)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s.yaml").write_text(f"{spec}storage: sqlite:///{tmp_path}/all.db\n")
    assert xlt(tmp_path / "one", "run", "s.yaml").returncode == 0
    refused = xlt(tmp_path / "two", "run", "s.yaml")
    assert refused.returncode == 2
    assert "belongs to the sweep in" in refused.stderr and "Traceback" not in refused.stderr
    assert not (tmp_path / "two" / "runs" / "owning" / "spec.yaml").exists()
    (tmp_path / "one").rename(tmp_path / "three")
    again = xlt(tmp_path / "three", "resume", "owning")
    assert again.returncode == 0, again.stderr
