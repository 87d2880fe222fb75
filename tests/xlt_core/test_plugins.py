"""Which plug-ins there are, and that each is imported once."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

from xlt_core.plugins import (
    VARIABLE,
    content_of,
    import_plugins,
    named_plugins,
    place_in,
    require_same,
)
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


class TestCode:
    """What a machine computes by is its plug-ins' code, whatever their names."""

    @pytest.mark.parametrize("form", ["module", "package"])
    def test_another_line_anywhere_in_it_is_another_code(self, tmp_path, monkeypatch, form):
        """And the same code in another folder is the same."""
        name, found = f"coded_{form}", []
        for number, line in enumerate(["ONE = 1\n", "ONE = 2\n", "ONE = 1\n"]):
            home = tmp_path / str(number)
            file = home / (f"{name}.py" if form == "module" else f"{name}/part.py")
            file.parent.mkdir(parents=True)
            file.write_text(line)
            if form == "package":
                (file.parent / "__init__.py").touch()
            with monkeypatch.context() as patch:
                patch.syspath_prepend(home)
                import_plugins([name])
                content_of.cache_clear()
                found.append(content_of((name,)))
            for imported in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[imported]
        assert found[0] == found[2] != found[1]

    def test_no_plug_ins_have_none(self):
        """Nothing to compare."""
        assert content_of(()) == ""
        require_same((), "")

    def test_others_than_where_the_sweep_is_run_from_are_refused(self, tmp_path, monkeypatch):
        """Before anything is computed by them."""
        (tmp_path / "told_apart.py").write_text("ONE = 1\n")
        monkeypatch.syspath_prepend(tmp_path)
        import_plugins(["told_apart"])
        require_same(("told_apart",), content_of(("told_apart",)))
        with pytest.raises(UserMistake, match=r"told_apart on .* are not as where"):
            require_same(("told_apart",), "0" * 64)


def test_a_member_without_its_name_is_refused_in_every_process(tmp_path):
    """A worker's too, which knows no specs: it would publish another method's results."""
    (tmp_path / "nameless.py").write_text(
        "from xlt_core.training.methods import METHODS\n"
        "from xlt_core.training.methods.plain import Plain\n"
        "class Mine(Plain): pass\n"
        "METHODS['mine'] = Mine()\n"
    )
    script = "from xlt_core.plugins import import_plugins\nimport_plugins(['nameless'])\n"
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-c", script]
    came = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert "UserMistake" in came.stderr
    assert "the line 'mine' has a member that is called 'plain'" in came.stderr
