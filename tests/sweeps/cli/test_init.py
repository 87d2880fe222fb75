"""A spec to start from: what `xlt init` writes is a sweep, and says of itself what it is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sweeps.cli.init import SCHEMA_FILE
from sweeps.spec.fields import every_field
from sweeps.spec.read import read_spec
from sweeps.spec.schema import DEFAULT_TRIALS
from sweeps.spec.stored import to_data
from xlt_core.tasks import TABLE
from xlt_core.vocabulary.errors import UserMistake

LAB = ("--data", "lab", "--targets", "lab-nli,lab-tags", "--tasks", "lab-pairs,lab-topic")
OFF = re.compile(r"^( *)#([a-z_]+:.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "hub": ("--targets", "xnli,udpos", "--tasks", "mnli,squad"),
        "lab": LAB,
        "mixed": ("--targets", "xnli", "--tasks", "qqp+squad, panx[ru]", "--encoder", "mbert"),
        "yes": ("--targets", "xnli", "--tasks", "mnli,", "--data", "my data: #1"),
        "1.5": ("--targets", "xnli", "--tasks", "mnli", "--data", "null"),
    }.items(),
)
class TestWhatItWrites:
    @pytest.fixture
    def written(self, xlt, folder: Path, name: str, words: tuple[str, ...]) -> Path:
        for data in ("my data: #1", "null"):
            (folder / data).mkdir()
        said = xlt("init", name, *words)
        assert (said.code, said.out) == (0, ""), said.err
        assert f"wrote {name}.yaml" in said.err
        return folder / f"{name}.yaml"

    def test_it_is_read_back(self, written: Path, name: str, words: tuple[str, ...]):
        """What was asked for, whatever the words are to YAML; the rest at its default."""
        sweep = read_spec(written)
        asked = dict(zip(words[::2], words[1::2], strict=True))
        assert sweep.name == name
        assert [one.task for one in sweep.targets] == asked["--targets"].split(",")
        steps = [one.strip() for one in asked["--tasks"].split(",") if one.strip()]
        assert [str(step) for step in sweep.intermediate.tasks] == steps
        assert sweep.intermediate.counts == tuple(range(len(steps) + 1))
        assert 2 <= (sweep.search.trials or 0) <= DEFAULT_TRIALS
        data = asked.get("--data", "hub")
        assert sweep.data == (data if data in ("hub", "lab") else str(written.parent / data))

    def test_a_line_taken_in_changes_nothing(self, written: Path):
        """Lines that are commented out stand at their defaults; of recipes, at the engine's."""
        before = to_data(read_spec(written))
        text, taken_in = OFF.subn(r"\1\2", written.read_text())
        assert taken_in >= 10
        written.write_text(text)
        after = to_data(read_spec(written))
        written_out = {one.path: one.default for one in every_field()}
        for layer in ("train", "target"):
            for field, value in after["recipe"].pop(layer).items():
                assert str(value) == written_out[f"recipe.{layer}.{field}"]
            before["recipe"].pop(layer)
        assert after == before

    def test_every_line_says_what_it_is_for(self, written: Path):
        """Above it, in the words of `xlt fields`; about ten are in force."""
        lines = written.read_text().split("\n\n", 1)[1].splitlines()
        about = {one.about for one in every_field()}
        fields = [n for n, line in enumerate(lines) if re.match(r" *#?[a-z_]+:", line)]
        assert all(lines[n - 1].strip().removeprefix("# ") in about for n in fields)
        assert 8 <= sum("#" not in lines[n].split(":")[0] for n in fields) <= 12


def test_it_plans(xlt):
    """On the lab, which every installation has."""
    assert xlt("init", "start", *LAB).code == 0
    said = xlt("plan", "start.yaml")
    assert said.code == 0, said.err
    assert "what would be done" in said.out
    assert "5, each with seeds" in said.out and "are asked for" not in said.out


def test_what_is_there_is_never_written_over(xlt, folder: Path):
    """A link that leads nowhere is there too; the name may be given as the file's."""
    for name in ("first", "second"):
        (folder / f"{name}.yaml").symlink_to("nowhere")
    (folder / "first.yaml").unlink()
    (folder / "first.yaml").write_text("mine")
    for name in ("first", "first.yaml", "second"):
        said = xlt("init", name, *LAB)
        assert said.code == 2 and "is there already" in said.err
    assert (folder / "first.yaml").read_text() == "mine"
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--targets", "xnly"), "--targets: 'xnly' is not a task\n    → did you mean xnli?"),
        (("--targets", "mnli"), "--targets: mnli is an intermediate task"),
        (("--tasks", "mnly"), "--tasks: 'mnly' is not a task\n    → did you mean mnli?"),
        (("--tasks", "panx[rx]"), "--tasks: 'rx' is not a language's code"),
        (("--tasks", "qqp,qqp"), "--tasks: names one twice"),
        (("--tasks", "mnli,mnli[en]"), "--tasks: names one twice"),
        (("--tasks", "mnli+qqp,qqp+mnli"), "--tasks: names one twice"),
        (("--tasks", ","), "--tasks: "),
        (("--data", "lab"), "--data: mnli is not in the lab"),
        (("--tasks", "lab-pairs"), "no one source has all tasks: lab-pairs is not on the hub"),
        (("--data", " "), "--data: ' ' is not a source of data"),
        (("--encoder", ""), "--encoder: an encoder needs a name"),
    ],
)
def test_mistakes_are_a_specs_own(xlt, folder: Path, words, told):
    """One screen, with what is meant; nothing is written."""
    usual = {"--targets": "xnli", "--tasks": "mnli"} | {words[0]: words[1]}
    said = xlt("init", "first", *(word for option in usual.items() for word in option))
    assert said.code == 2 and told in said.err
    assert not list(folder.iterdir())


def test_the_source_is_one_that_has_the_tasks(xlt, folder: Path, monkeypatch):
    """The lab for its own; of what lies in folders alone nobody knows in which."""
    assert xlt("init", "own", *LAB[2:]).code == 0
    assert (read_spec(folder / "own.yaml").data, read_spec(folder / "own.yaml").encoder) == (
        "lab",
        "lab-small",
    )
    monkeypatch.setitem(TABLE, "mine", replace(TABLE["mnli"], name="mine", hub=None))
    words = ("--targets", "xnli", "--tasks", "mine")
    said = xlt("init", "first", *words)
    assert said.code == 2 and "--data: only a folder may have mine\n" in said.err
    assert "give --data FOLDER" in said.err
    said = xlt("init", "first", *words, "--data", "hub")
    assert said.code == 2 and "--data: mine is not on the hub\n" in said.err
    assert xlt("init", "first", *words, "--data", str(folder)).code == 0
    (folder / "second.yaml").write_text((folder / "first.yaml").read_text())
    with pytest.raises(UserMistake, match="mine is not on the hub") as caught:
        read_spec(folder / "second.yaml", ["data=hub"])
    assert "second.yaml, line" in str(caught.value) and "data: {folder: …}" in str(caught.value)


@pytest.mark.parametrize("name", ["runs/first", "stages", "-first", "first second"])
def test_a_name_is_one_that_a_sweep_can_have(xlt, folder: Path, name: str):
    """It becomes the name of a folder."""
    assert xlt("init", *LAB, "--", name).code == 2
    assert not list(folder.iterdir())


def test_editors_are_told_of_a_schema_that_is_there(xlt, folder: Path):
    """In the first line, as the YAML language server reads it."""
    xlt("init", "before", *LAB)
    (folder / SCHEMA_FILE).write_text(xlt("fields", "--schema").out)
    xlt("init", "after", *LAB)
    first = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
    assert (folder / "after.yaml").read_text().startswith(first)
    assert "$schema" not in (folder / "before.yaml").read_text()
