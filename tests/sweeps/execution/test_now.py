"""The note of what goes on in a sweep, beside its journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweeps.execution.job import Shape
from sweeps.execution.now import NowNote
from sweeps.execution.resources import Staff
from sweeps.spec.files import LocalFiles
from sweeps.spec.paths import NOW
from tests.sweeps.execution.conftest import await_that
from xlt_core.vocabulary.events import StageDone, StageProgress, StageStarted, Workers


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as soon as it may be."""
    monkeypatch.setattr("sweeps.execution.now.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(LocalFiles, "pause", 0.01)


def written(folder: Path) -> dict[str, object]:
    """What stands there now."""
    return json.loads((folder / NOW).read_text()) if (folder / NOW).exists() else {}


def test_what_runs_stands_there_until_it_ends(tmp_path: Path) -> None:
    """With node, process, step and speed; at the end there is none."""
    note = NowNote(LocalFiles(tmp_path))
    note.staffed(Staff(2, Shape(1, 0.5), "auto"))
    note.take(Workers(2, 2))
    note.take(StageStarted("t", "node1", "77", stage="k"))
    note.take(StageProgress("t", 10, 20, 0.5, 1e-3, 99.0, stage="k"))
    await_that(lambda: written(tmp_path).get("stages"))
    found = written(tmp_path)
    (stage,) = found["stages"]  # type: ignore[misc]
    assert (stage["node"], stage["worker"], stage["step"]) == ("node1", "77", 10)
    assert (found["ready"], found["of"], found["gpus"]) == (2, 2, 0.5)
    note.take(StageDone("t", "train", 1.0, stage="k"))
    await_that(lambda: written(tmp_path).get("stages") == [])
    note.close()
    assert not (tmp_path / NOW).exists()


def test_a_place_that_takes_nothing_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, however often it is tried."""
    (tmp_path / "file").write_text("no folder")
    note = NowNote(LocalFiles(tmp_path / "file"))
    note.take(Workers(1, 1))
    await_that(lambda: "is not written for now" in caplog.text)
    note.take(Workers(1, 2))
    note.close()
    assert caplog.text.count("is not written for now") == 1
