"""Which plug-ins there are, and that each is imported once."""

from __future__ import annotations

import pytest

from xlt_core.plugins import VARIABLE, import_plugins, named_plugins
from xlt_core.vocabulary.errors import UserMistake, is_machines_fault


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("one", ("one",)),
        ("one,two.three", ("one", "two.three")),
        (" two , one ,,two", ("two", "one")),
    ],
)
def test_names_stand_between_commas(monkeypatch, text, names):
    """In their order, each once; blanks and empty parts are nothing."""
    monkeypatch.setenv(VARIABLE, text)
    assert named_plugins() == names


def test_each_is_imported_once(tmp_path, monkeypatch, capsys):
    """However often a process is told of it."""
    (tmp_path / "said_once.py").write_text("print('here')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(3):
        import_plugins(["said_once"])
    assert capsys.readouterr().out == "here\n"


@pytest.mark.parametrize(
    ("error", "machines"), [("OSError(5, 'EIO')", True), ("KeyError()", False)]
)
def test_a_machines_fault_stays_one(tmp_path, monkeypatch, error, machines):
    """A disk that went away is worth another try, in a worker; to who waits it is a mistake."""
    name = f"failing_{machines}".lower()
    (tmp_path / f"{name}.py").write_text(f"raise {error}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserMistake) as caught:
        import_plugins([name])
    assert is_machines_fault(caught.value) is machines
