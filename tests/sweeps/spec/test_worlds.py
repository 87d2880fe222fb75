"""`data: {lab: …}`: which world a spec reads, and the encoder that knows its languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import SourceRef

SPEC = """encoder: lab-small
intermediate: {tasks: [lab-mood]}
targets: [lab-entail]
languages: [en, qea]
data: """


@pytest.fixture
def read(tmp_path: Path):
    def spec(data: str):
        path = tmp_path / "one.yaml"
        path.write_text(SPEC + data + "\n")
        return read_spec(path)

    return spec


def test_the_default_world_is_the_lab(read):
    """However it is written."""
    assert read("lab").data == read("{lab: ''}").data == read("{lab: seed=0}").data == "lab"


def test_a_world_is_read_with_the_encoder_of_its_languages(read):
    """What is planted has no share in the encoder, so that a null world's is its twin's."""
    sweep = read("{lab: 'null, seed=3'}")
    assert (sweep.data, sweep.encoder) == ("lab:seed=3,null", "lab-small:seed=3")
    assert prepare(sweep).source == SourceRef("lab", "seed=3,null")
    assert read("{lab: rows=90}").encoder == "lab-small"


def test_a_world_that_is_none_is_a_mistake_with_its_place(read):
    """And with the dials there are."""
    with pytest.raises(UserMistake, match=r"line 5, data.*'sead=3' is not understood"):
        read("{lab: sead=3}")
