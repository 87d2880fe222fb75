"""What is wrong outside of a spec is said of the field that led there, by file and line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sweeps.interface.agreement import agree
from sweeps.interface.audience import Audience
from sweeps.search.claim import agreed_with
from sweeps.spec.addresses import require_passwords
from sweeps.spec.inputs import ResolvedInputs, write_prepared
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.stored import read_stored_spec, to_data, with_places, write_spec
from xlt_core.vocabulary.errors import UserMistake

SPEC = """\
name: led
encoder: lab-small
data: lab
intermediate:
  tasks:
    - lab-pairs
    - lab-topic
targets:
  - lab-nli
  - lab-tags: [en, qla]
recipe:
  train: {steps: 3, max_length: 32}
  target:
    steps: 3
  tasks:
    lab-tags: {freeze: none}
search: {method: grid}
seeds: 2
"""
IN_A_FOLDER = ("data: lab", "data: {folder: ./broken}")
# what is changed in the spec, and where it then says that something is wrong
PREPARED = {
    "encoder": (("lab-small", "./broken"), "line 2, encoder: "),
    "encoder on the hub": (("lab-small", "no/encoder"), "line 2, encoder: "),
    "data of a task": (IN_A_FOLDER, "line 6, intermediate.tasks: "),
    "data of a later task": (IN_A_FOLDER, "line 7, intermediate.tasks: "),
    "data of a target": (IN_A_FOLDER, "line 9, targets: "),
    "tokens": (("max_length: 32", "max_length: 900"), "line 12, recipe.train.max_length: "),
    "a target's tokens": (("    steps: 3", "    max_length: 999"), "line 14, recipe.target.max_"),
    "layers": (("freeze: none", "freeze: layers:9"), "line 16, recipe.tasks.lab-tags.freeze: "),
}
OTHER = {
    "recipe": (("steps: 3, max", "steps: 4, max"), "line 12, recipe.train.steps: began as 3"),
    "languages": (("[en, qla]", "[en]"), "line 10, targets: languages of lab-tags began as en qla"),
    "targets": (("  - lab-nli\n", ""), "line 8, targets: began as [lab-nli, lab-tags]"),
    "seeds": (("seeds: 2", "seeds: 1"), "line 18, seeds: began as [0, 1]"),
    "method": (("grid", "random"), "line 17, search.method: began as grid"),
    "a field nobody wrote before": (
        ("seeds: 2\n", "seeds: 2\nsplits: [dev]\n"),
        "line 19, splits: began as [dev, test]",
    ),
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the spec, changed in one place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    (tmp_path / "broken").mkdir()

    def to_file(*change: str) -> Path:
        text = SPEC.replace(*change, 1) if change else SPEC
        assert text != SPEC or not change
        (tmp_path / "led.yaml").write_text(text)
        return Path("led.yaml")

    return to_file


def said_by(mistake: UserMistake) -> list[str]:
    return [str(one) for one in mistake.mistakes]


@pytest.mark.parametrize("case", PREPARED)
def test_what_preflight_finds(write, case):
    """Every mistake has its line, none is said of a path alone; they come as one reads."""
    change, where = PREPARED[case]
    sweep = read_spec(write(*change))
    with pytest.raises(UserMistake) as caught:
        prepare(sweep)
    found = said_by(caught.value)
    assert any(f"led.yaml, {where}" in one for one in found), found
    assert all(re.match(r"led\.yaml(, line \d+)?, \w", one) for one in found), found
    lines = [int(line) for one in found for line in re.findall(r"^led\.yaml, line (\d+)", one)]
    assert lines == sorted(lines)


def begin(write) -> tuple[SweepFolder, ResolvedInputs]:
    """The sweep of the spec as it stands, begun."""
    sweep = read_spec(write())
    folder, prepared = SweepFolder.named("led"), prepare(sweep)
    write_spec(folder, sweep)
    write_prepared(folder, prepared)
    return folder, prepared


@pytest.mark.parametrize("case", OTHER)
def test_what_is_refused_for_what_began(write, case):
    """By the folder's record and by the study's claim alike."""
    folder, prepared = begin(write)
    claim = {
        "folder": folder.identity,
        "where": "",
        "host": "",
        "spec": to_data(read_stored_spec(folder)),
        "computed": prepared.identity(),
    }
    change, where = OTHER[case]
    sweep = read_spec(write(*change))
    refusals = (
        lambda: agree(sweep, prepared, folder, Audience(yes=True)),
        lambda: agreed_with({"sweep": claim}, "study.db", sweep, prepared, folder),
    )
    for refuse in refusals:
        with pytest.raises(UserMistake) as caught:
            refuse()
        found = said_by(caught.value)
        assert any(one.startswith(f"led.yaml, {where}") for one in found), found
        assert found[0].startswith("led.yaml, line 1, name: led was begun with")


def test_a_sweep_that_is_gone_on_with_names_its_own_record(write):
    """`resume` has no other spec."""
    folder, _ = begin(write)
    sweep = with_places(folder, read_stored_spec(folder))
    lines = (folder.path / "spec.yaml").read_text().splitlines()
    for trail, text in (
        (("encoder",), "encoder: lab-small"),
        (("search", "method"), "method: grid"),
    ):
        where = sweep.where(*trail)
        (line,) = re.findall(r"line (\d+)", where)
        assert text in lines[int(line) - 1]
        assert "runs/led/spec.yaml, line " in where
    with pytest.raises(UserMistake, match=r"runs/led/spec\.yaml, line \d+, encoder: "):
        prepare(replace(sweep, encoder=str(folder.path)))


@pytest.mark.parametrize("field", ["store", "tracking", "storage"])
def test_addresses_that_need_what_is_not_set(write, field, monkeypatch):
    """As a whole, or for their passwords."""
    monkeypatch.delenv("NOT_SET", raising=False)
    where = rf"led\.yaml, line 18, {field}: .*NOT_SET"
    with pytest.raises(UserMistake, match=where):
        read_spec(write("seeds: 2\n", f"{field}: ${{NOT_SET}}\n"))
    sweep = read_spec(write("seeds: 2\n", f"{field}: postgresql://me:${{NOT_SET}}@host/x\n"))
    with pytest.raises(UserMistake, match=where):
        require_passwords(sweep)


@pytest.mark.parametrize("field", ["tracking", "storage"])
def test_a_database_without_a_file(write, field):
    """It hides no other mistake."""
    path = write("seeds: 2\n", f"{field}: 'sqlite://'\nseed: 1\n")
    with pytest.raises(UserMistake, match=rf"line 18, {field}: .*names no file") as found:
        read_spec(path)
    assert any("line 19, seed" in one for one in said_by(found.value))


def test_where_something_was_written_is_no_part_of_a_sweep(write):
    """Comments and lines may be moved."""
    before = read_spec(write())
    after = read_spec(write("name: led\n", "# moved\nname: led\n"))
    assert before == after and before.where("seeds") != after.where("seeds")
    assert "places" not in to_data(after)
