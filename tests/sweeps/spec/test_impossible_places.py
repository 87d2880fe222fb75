"""Places that cannot be on any machine: each is a mistake at its line; nothing is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.spec.read import read_spec
from xlt_core.vocabulary.errors import UserMistake

SPEC = {
    "name": "t",
    "encoder": "lab-small",
    "data": "lab",
    "intermediate": {"tasks": ["lab-pairs"], "count": 1},
    "targets": ["lab-nli"],
}
FIELDS = {
    "extends": "{}",
    "data": "{}",
    "encoder": "./{}",
    "store": "{}",
    "store of a URL": "file:///{}",
    "tracking": "{}",
    "tracking of a URL": "sqlite:///{}.db",
    "storage": "sqlite:///{}.db",
}
LONG, DEEP, NOBODYS = "n" * 300, "a/" * 3000 + "b", "~nobody-of-that-name/x"
NUL, HALF = '"a\\0b"', '"a\\ud83db"'


def mistakes_of(tmp_path: Path, field: str, written: str) -> str:
    lines = [f"{name}: {value}" for name, value in SPEC.items() if name != field]
    path = tmp_path / "t.yaml"
    path.write_text("\n".join([*lines, f"{field}: {written}"]).replace("'", ""))
    with pytest.raises(UserMistake) as caught:
        read_spec(path)
    (mistake,) = caught.value.mistakes
    assert mistake.where == f"{path}, line {len(lines) + 1}, {field}"
    assert mistake.remedy
    return mistake.what


@pytest.mark.parametrize("name", [LONG, DEEP], ids=["long", "deep"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_name_that_is_too_long(tmp_path, field, name):
    """It is cut where it is shown."""
    what = mistakes_of(tmp_path, field.split()[0], FIELDS[field].format(name))
    assert "File name too long" in what and len(what) < 300


@pytest.mark.parametrize("field", ["extends", "data", "encoder", "store", "tracking", "storage"])
def test_the_home_of_nobody(tmp_path, field):
    """Nobody knows where it would be."""
    assert "no home folder" in mistakes_of(tmp_path, field, NOBODYS)


@pytest.mark.parametrize("name", [NUL, HALF], ids=["nul", "half"])
@pytest.mark.parametrize("field", ["extends", "data", "encoder", "store", "tracking", "storage"])
def test_what_is_no_text(tmp_path, field, name):
    """Said before it is taken for a place."""
    assert "holds" in mistakes_of(tmp_path, field, name)


@pytest.mark.parametrize("name", [LONG, "a\0b", "a\ud83db"], ids=["long", "nul", "half"])
def test_the_file_itself(name):
    """As `sweeps.run` may be given one."""
    with pytest.raises(UserMistake) as caught:
        read_spec(Path(name))
    assert len(str(caught.value)) < 400
