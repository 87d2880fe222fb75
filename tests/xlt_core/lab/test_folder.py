"""A world as a folder: what the folder source reads there is what the lab has."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.lab.folder import write_world
from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.world import World
from xlt_core.tasks.task import SPLITS
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import SourceRef

WORLD = World(2, null=True, rows=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab") / "world"
    write_world(WORLD, path)
    return path


@pytest.mark.parametrize("task", GROWN)
def test_every_split_reads_back_equal(folder: Path, task: str):
    """In every language, row for row: so fingerprints, keys and scores are the same."""
    lab, read = LabSource(SourceRef("lab", WORLD.location)), FolderSource(folder)
    for split in SPLITS:
        assert read.languages(task, split) == lab.languages(task, split)
        for language in lab.languages(task, split):
            assert read.load(task, language, split) == lab.load(task, language, split)
            assert read.refer(task, language, split) == lab.refer(task, language, split)


def test_it_says_what_it_is(folder: Path):
    """And which world, with the command that makes it again."""
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert f'--world "{WORLD.location}"' in said
    assert "a null world" in said
    assert all(f"`{task}`" in said for task in GROWN)


def test_it_goes_where_nothing_is(tmp_path: Path):
    """Nothing is written over, and what cannot be written is the user's mistake."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserMistake, match="holds something already"):
        write_world(WORLD, tmp_path)
    with pytest.raises(UserMistake, match="cannot be written"):
        write_world(WORLD, tmp_path / "notes.txt" / "world")
