"""A driver whose study another one takes over stops, and writes nothing more."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sweeps.search.study_reader import read_trials

XLT = Path(sys.executable).parent / "xlt"
SPEC = """\
name: taken
encoder: lab-tiny
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
languages: [en]
seeds: 1
recipe: {target: {steps: 1000000}}
search: {method: grid}
execution: {workers: 1, concurrency: 1, checkpoint_seconds: 1}
"""
STRANGER = {
    "holder": "stranger",
    "owner": {"host": "elsewhere", "boot": "b", "pid": 7, "started": 1},
    "beat": 1,
}


@pytest.mark.fault
def test_a_driver_that_was_taken_over_stops(tmp_path):
    """As a laptop that wakes up finds it: one screen, exit 2, its trial left to the other one."""
    (tmp_path / "taken.yaml").write_text(SPEC)
    command = [XLT, "run", "taken.yaml"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as driver:
        try:
            path = tmp_path / "runs" / "taken" / "study.db"
            pause = threading.Event()
            while not read_trials(f"sqlite:///{path}", "taken"):
                assert driver.poll() is None, driver.stderr.read() if driver.stderr else ""
                pause.wait(0.2)
            with sqlite3.connect(path, timeout=30) as connection:
                sql = "update study_user_attributes set value_json = ? where key = 'driver'"
                connection.execute(sql, (json.dumps(STRANGER),))
            said = driver.communicate()[1]
        except BaseException:  # it would train for ever
            driver.kill()
            raise
    assert driver.returncode == 2, said
    assert "process 7 on elsewhere has taken over this sweep" in said
    assert "Traceback" not in said
    assert [trial.state for trial in read_trials(f"sqlite:///{path}", "taken")] == ["running"]
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "select value_json from study_user_attributes where key = 'driver'"
        )
        assert json.loads(rows.fetchone()[0]) == STRANGER
