"""A shipped spec's name stands for it; a file of one's own comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.spec.read import read_spec
from sweeps.spec.shipped import FOLDER, shipped_specs, standing_for
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", shipped_specs())
def test_each_is_named_by_its_path(name: str):
    """Folders are part of the name, so that two can be called first."""
    assert standing_for(Path(name)) == FOLDER / f"{name}.yaml"


def test_a_file_of_ones_own_comes_first(folder: Path):
    """Whatever it holds; a folder is no spec, such as a sweep's own of that name."""
    (folder / "quickstart").mkdir()
    assert standing_for(Path("quickstart")) == FOLDER / "quickstart.yaml"
    (folder / "quickstart").rmdir()
    (folder / "quickstart").write_text("mine")
    assert standing_for(Path("quickstart")) is None


def test_anything_else_is_a_path():
    """No ending is added or taken away."""
    assert [standing_for(Path(p)) for p in ("quickstart.yaml", "specs/quickstart", "first")] == [
        None
    ] * 3


@pytest.mark.parametrize("path", ["sweeps/specs/quickstart.yaml", "quikstart", "quickstart.yml"])
def test_what_is_nearly_one_is_told_the_name(path: str):
    """As where a page names a path in a clone."""
    with pytest.raises(UserMistake) as caught:
        read_spec(Path(path))
    assert "a spec that xlt ships is called quickstart" in str(caught.value)


def test_a_word_unlike_them_all_gets_no_such_advice():
    """It would be noise."""
    with pytest.raises(UserMistake) as caught:
        read_spec(Path("zzz.yaml"))
    assert "ships" not in str(caught.value)


@pytest.mark.parametrize("path", ["x" * 5000, "x" * 5000 + ".yaml", "/", "..", "no/../where"])
def test_a_path_that_no_file_can_have_is_a_mistake(xlt, path: str):
    """On one screen, as before there were names."""
    assert xlt("plan", path).code == 2


def test_the_command_says_what_it_takes(xlt, folder: Path):
    """One line, beside the results and not among them."""
    said = xlt("plan", "quickstart", "--json")
    assert said.code == 0
    assert said.err.splitlines()[0] == (
        f"there is no file quickstart here: taking {FOLDER / 'quickstart.yaml'}, which xlt ships"
    )
    assert said.out.startswith("{")
