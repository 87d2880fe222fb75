"""A sweep is extended by running its spec with more in it, and by nothing else.

Commands run in this process, on one cluster: what a process of its own adds, `faults` tests.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from xlt_core.store import Store

SPEC = """\
name: growing
encoder: lab-small
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


@pytest.fixture
def home(tmp_path, monkeypatch, local_ray):
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XLT_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def run(home, xlt):
    """Runs the growing sweep with more in it."""

    def go(*options, **more):
        known = {"tasks": "lab-pairs", "languages": "en, qla", "seeds": 1, "steps": 5, **more}
        (home / "growing.yaml").write_text(SPEC.format(**known))
        return xlt("run", "growing.yaml", *options)

    return go


@pytest.fixture
def cells(home, xlt):
    """What the growing sweep has scored, and how often."""

    def found():
        rows = json.loads(xlt("results", "growing", "--json").out)
        return Counter((row["plan"], row["language"], row["seed"]) for row in rows)

    return found


def test_more_seeds_languages_and_tasks_are_added_and_anything_else_is_refused(home, run, cells):
    """Old trials gain what they lack, nothing is computed twice, another recipe is turned away."""
    assert run().code == 0
    plans = {"(none)", "lab-pairs"}
    assert set(cells()) == {(p, c, 0) for p in plans for c in ("en", "qla")}

    wider = {"tasks": "lab-pairs, lab-topic", "languages": "en, qla, qlc"}
    before = (home / "runs" / "growing" / "spec.yaml").read_bytes()
    unasked = run(seeds=2, **wider)
    assert unasked.code == 2 and "-y" in unasked.err
    assert (home / "runs" / "growing" / "spec.yaml").read_bytes() == before
    grown = run("-y", seeds=2, **wider)
    assert grown.code == 0, grown.err
    assert "extended" in grown.err
    plans |= {"lab-topic"}
    expected = {(p, c, s) for p in plans for c in ("en", "qla", "qlc") for s in (0, 1)}
    assert set(cells()) == expected
    assert set(cells().values()) == {2}  # dev and test, once each

    refused = run(tasks="lab-pairs, lab-topic", languages="en", seeds=2, steps=6)
    assert refused.code == 2
    assert "recipe.train.steps" in refused.err and "Traceback" not in refused.err
    assert "5" in refused.err and "6" in refused.err

    done = Counter(
        e["key"] for e in Store(home / "runs" / "stages").executions() if e["ended"] == "done"
    )
    assert set(done.values()) == {1}


OWN = """\
name: owning
encoder: lab-small
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


def test_a_task_and_a_target_come_with_ranges_of_their_own(home, xlt):
    """Old trials are scored on the new target at its opening value; new ones search it."""
    spec = home / "owning.yaml"
    spec.write_text(OWN.format(tasks="lab-pairs", targets="lab-nli", own="", trials=2))
    assert xlt("run", "owning.yaml").code == 0
    own = f"lab-topic: {RATE}, lab-tags: {RATE}"
    more = {"tasks": "lab-pairs, lab-topic", "targets": "lab-nli, lab-tags", "own": own}
    spec.write_text(OWN.format(trials=4, **more))
    grown = xlt("run", "owning.yaml", "--yes")
    assert grown.code == 0, grown.err
    rows = json.loads(xlt("results", "owning", "--json").out)
    scored = {(row["trial"], row["target"]) for row in rows}
    assert scored == {(trial, target) for trial in range(4) for target in ("lab-nli", "lab-tags")}


def test_two_folders_meet_in_one_database(home, xlt, monkeypatch):
    """The second is refused in one screen and leaves nothing behind; the first may move."""
    spec = OWN.format(tasks="lab-pairs", targets="lab-nli", own="", trials=2)
    for name in ("one", "two"):
        (home / name).mkdir()
        (home / name / "s.yaml").write_text(f"{spec}storage: sqlite:///{home}/all.db\n")
    monkeypatch.chdir(home / "one")
    assert xlt("run", "s.yaml").code == 0
    monkeypatch.chdir(home / "two")
    refused = xlt("run", "s.yaml")
    assert refused.code == 2
    assert "belongs to the sweep in" in refused.err and "Traceback" not in refused.err
    assert not (home / "two" / "runs" / "owning" / "spec.yaml").exists()
    (home / "one").rename(home / "three")
    monkeypatch.chdir(home / "three")
    again = xlt("resume", "owning")
    assert again.code == 0, again.err
