"""Two sweeps run at once by two drivers, each with a cluster of its own, on one store."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from xlt_core.store import Store

XLT = Path(sys.executable).parent / "xlt"
SPEC = """\
name: {name}
encoder: lab-small
data: lab
intermediate: {{tasks: [{tasks}], count: 0..2}}
targets: [lab-nli]
languages: [en, qla]
seeds: 1
recipe:
  train: {{steps: 5, batch_size: 16}}
  target: {{steps: 5, batch_size: 16}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
"""


def start(home: Path, name: str, tasks: str) -> subprocess.Popen[bytes]:
    (home / f"{name}.yaml").write_text(SPEC.format(name=name, tasks=tasks))
    log = (home / f"{name}.log").open("wb")
    return subprocess.Popen([XLT, "run", f"{name}.yaml"], cwd=home, stdout=log, stderr=log)


def stages(home: Path, name: str) -> dict[str, int]:
    command = [XLT, "status", name, "--json"]
    told = subprocess.run(command, cwd=home, capture_output=True, check=True).stdout
    return json.loads(told)["stages"]


def test_what_both_need_is_computed_by_one_of_them(tmp_path):
    """Nothing is executed twice, and each sweep has all its scores.

    Five plans each of the same two tasks, a third task in one of them: the baseline and the plans
    of `lab-pairs` alone are common.
    """
    drivers = [
        start(tmp_path, "first", "lab-pairs, lab-topic"),
        start(tmp_path, "second", "lab-pairs, lab-tags"),
    ]
    assert [driver.wait() for driver in drivers] == [0, 0], [
        (tmp_path / f"{name}.log").read_text()[-1500:] for name in ("first", "second")
    ]
    store = Store(tmp_path / "runs" / "stages")
    ended = Counter(e["key"] for e in store.executions() if e["ended"] == "done")
    assert set(ended.values()) == {1}
    first, second = stages(tmp_path, "first"), stages(tmp_path, "second")
    common = first["distinct"] + second["distinct"] - len(ended)
    assert common > 0
    assert first["executed"] + second["executed"] == len(ended)
