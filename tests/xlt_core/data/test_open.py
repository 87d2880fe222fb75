"""`open_source`: each kind of source behind one door."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlt_core.data import open_source
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import SourceRef


def test_a_folder(tmp_path: Path):
    ref = SourceRef("folder", str(tmp_path))
    assert open_source(ref).ref == ref


def test_the_hub_is_opened_without_asking_it():
    assert open_source(SourceRef("hub")).ref == SourceRef("hub")


def test_another_word_is_a_mistake():
    with pytest.raises(UserMistake, match="hub, lab or a folder"):
        open_source(SourceRef("cloud"))
