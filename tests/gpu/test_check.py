"""The script for a GPU runs on a CPU too, small, so that it works when a GPU is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.rows import Row, as_json, as_table

CHECK = Path(__file__).with_name("check.py")
ALSO = {"resume": ("micro-batch",)}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, object]]]:
    """What one run of all checks printed, and its rows; its exit code says that all limits hold."""
    folder = tmp_path_factory.mktemp("checked")
    command = [sys.executable, str(CHECK), "--device", "cpu", "--small", "--json", "found.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads((folder / "found.json").read_text())["rows"]


@pytest.mark.parametrize("name", ["agreement", "resume", "memory", "speed", "profile", "sharing"])
def test_every_check_runs_and_every_limit_holds(
    checked: tuple[str, list[dict[str, object]]], name: str
) -> None:
    """One table as text and JSON."""
    printed, rows = checked
    own = [row for row in rows if row["check"] in (name, *ALSO.get(name, ()))]
    assert own and all(row["holds"] for row in own)
    assert all(str(row["what"]) in printed for row in own)


class TestRow:
    @pytest.mark.parametrize("value", [2.0, float("nan"), float("inf")])
    def test_beyond_its_limit_or_no_number_at_all_does_not_hold(self, value: float) -> None:
        """A figure that is not a number is no pass."""
        row = Row("resume", "weights", value, "tensors", 1.0)
        assert not row.holds
        assert "does not hold" in as_table([row])
        assert json.loads(as_json({}, [row]))["rows"][0]["holds"] is False
