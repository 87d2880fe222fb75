"""Which plug-ins there are, and that each is imported once."""

from __future__ import annotations

import importlib

import pytest

from xlt_core.plugins import VARIABLE, import_plugins, named_plugins, place_in
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


def test_the_place_of_an_error_in_a_plug_in(tmp_path, monkeypatch):
    """The last of its lines, in a helper beside it too; none where its code had no part."""
    call = "import helping_it\n\ndef call(text):\n    helping_it.number(text)\n"
    (tmp_path / "calling_it.py").write_text(call)
    (tmp_path / "helping_it.py").write_text("def number(text):\n\n    return int(text)\n")
    monkeypatch.syspath_prepend(tmp_path)
    import_plugins(["calling_it"])
    with pytest.raises(ValueError, match="invalid literal") as caught:
        importlib.import_module("calling_it").call("x")
    place = f"{tmp_path / 'helping_it.py'}, line 3"
    assert place_in(caught.value, ["calling_it"]) == place
    assert place_in(caught.value, []) == place_in(caught.value, ["absent"]) == ""
    assert place_in(ValueError("never raised"), ["calling_it"]) == ""
