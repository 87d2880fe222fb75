"""The script for a GPU runs on a CPU too, small, so that it works when a GPU is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.rows import Row, as_json, as_table

CHECK = Path(__file__).with_name("check.py")


class TestCheck:
    @pytest.mark.parametrize("name", ["agreement", "resume", "memory", "speed", "profile"])
    def test_every_check_runs_and_every_limit_holds(self, tmp_path: Path, name: str) -> None:
        """One table as text and JSON; exit 0 says that all limits hold."""
        found = tmp_path / "found.json"
        command = [sys.executable, str(CHECK), "--device", "cpu", "--small", "--json", str(found)]
        done = subprocess.run(
            [*command, "--only", name], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        rows = json.loads(found.read_text())["rows"]
        assert rows and all(row["holds"] for row in rows)
        assert all(row["what"] in done.stdout for row in rows)


class TestRow:
    @pytest.mark.parametrize("value", [2.0, float("nan"), float("inf")])
    def test_beyond_its_limit_or_no_number_at_all_does_not_hold(self, value: float) -> None:
        """A figure that is not a number is no pass."""
        row = Row("resume", "weights", value, "tensors", 1.0)
        assert not row.holds
        assert "does not hold" in as_table([row])
        assert json.loads(as_json({}, [row]))["rows"][0]["holds"] is False
