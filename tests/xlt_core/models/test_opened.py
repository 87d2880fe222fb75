"""What was found of an encoder is kept by its content: the next look needs no torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from xlt_core.models import opened as module
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.limits import Opened
from xlt_core.models.opened import opened
from xlt_core.models.opening import open_encoder
from xlt_core.vocabulary.errors import UserMistake

LOOK = """
import sys
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.opened import opened
print(opened(refer_encoder(sys.argv[1])), "torch" in sys.modules)
"""


@pytest.fixture
def folder(small_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small encoder; nothing was kept of it."""
    monkeypatch.setenv("XLT_CACHE", str(tmp_path / "cache"))
    return shutil.copytree(small_encoder, tmp_path / "encoder")


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "opened").glob("[!.]*"))


def look(folder: Path) -> Opened:
    return opened(refer_encoder(str(folder)))


def test_the_second_look_finds_the_same_without_torch(folder: Path, tmp_path: Path) -> None:
    """Wherever a process looks that has the same encoder, under whatever name."""
    first = look(folder)
    assert first == open_encoder(refer_encoder(str(folder)))
    moved = folder.rename(tmp_path / "elsewhere")
    command = [sys.executable, "-c", LOOK, str(moved)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"{first} False\n"


def test_another_content_is_looked_at_anew(folder: Path, tmp_path: Path) -> None:
    """And what cannot be opened is not kept: it is refused each time."""
    first = look(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"max_position_embeddings": 7}))
    for _ in range(2):
        with pytest.raises(UserMistake, match="position"):
            look(folder)
    path.write_text(json.dumps(config | {"attention_probs_dropout_prob": 0.25}))
    assert look(folder) == first  # as far as is asked, and yet a look of its own
    assert len(kept(tmp_path)) == 2


@pytest.mark.parametrize("text", ["", "{", '{"kind": "bert"}'])
def test_a_torn_file_is_written_anew(folder: Path, tmp_path: Path, text: str) -> None:
    """As one that a kill or a full disk left."""
    first = look(folder)
    (path,) = kept(tmp_path)
    path.write_text(text)
    assert look(folder) == first
    assert path.read_text() != text


def test_other_versions_look_for_themselves(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one release of transformers can open, another may not."""
    look(folder)
    monkeypatch.setattr(module, "version", lambda name: "0")
    look(folder)
    assert len(kept(tmp_path)) == 2


def test_where_nothing_can_be_kept_it_is_found_all_the_same(folder: Path, tmp_path: Path) -> None:
    """A cache that cannot be written costs time, nothing else."""
    (tmp_path / "cache").write_text("a file")
    assert look(folder) == open_encoder(refer_encoder(str(folder)))
