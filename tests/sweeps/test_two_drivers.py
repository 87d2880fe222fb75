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
from tests.sweeps.endless import SPEC

XLT = Path(sys.executable).parent / "xlt"
STRANGER = {
    "holder": "stranger",
    "owner": {"host": "elsewhere", "boot": "b", "pid": 7, "started": 1},
    "beat": 1,
}


@pytest.mark.fault
def test_a_driver_that_was_taken_over_stops(tmp_path):
    """As a laptop that wakes up finds it: one screen, exit 2, its trial left to the other one."""
    (tmp_path / "endless.yaml").write_text(SPEC)
    command = [XLT, "run", "endless.yaml"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as driver:
        try:
            path = tmp_path / "runs" / "endless" / "study.db"
            pause = threading.Event()
            while not read_trials(f"sqlite:///{path}", "endless"):
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
    assert [trial.state for trial in read_trials(f"sqlite:///{path}", "endless")] == ["running"]
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "select value_json from study_user_attributes where key = 'driver'"
        )
        assert json.loads(rows.fetchone()[0]) == STRANGER
