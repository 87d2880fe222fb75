"""A spec built in Python is the spec that its YAML is; its mistakes name the field alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest

from sweeps.spec.overlays import load_layers
from sweeps.spec.paths import SPEC, SweepFolder
from sweeps.spec.read import read_spec
from sweeps.spec.source_map import parse_document
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import paths_of_trial
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
SPECS = [
    pytest.param(path, id=f"{path.parent.name}-{path.stem}", marks=marks)
    for path in sorted((ROOT / "sweeps/specs").rglob("*.yaml"))
    for marks in [pytest.mark.shared if path.parent.name == "small" else ()]
]
YAML = """\
name: small
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs, lab-topic], count: 0..2}
targets: [lab-nli, {lab-tags: [en, qla]}]
seeds: [3, 5]
recipe:
  train: {steps: 5, learning_rate: {log: [1e-4, 1e-2]}}
  tasks: {lab-tags: {freeze: none, rows: null}}
search: {method: random, trials: 4, options: {}}
"""


class Word(StrEnum):
    """A text that is more than one."""

    LAB = "lab"


def mapping() -> dict[str, object]:
    """`YAML` as somebody writes it in Python, in Python's own types."""
    return {
        "name": "small",
        "encoder": "lab-small",
        "data": Word.LAB,
        "intermediate": {"tasks": ("lab-pairs", "lab-topic"), "count": "0..2"},
        "targets": ["lab-nli", {"lab-tags": ("en", "qla")}],
        "seeds": range(3, 6, 2),
        "recipe": {
            "train": {"steps": np.int64(5), "learning_rate": {"log": [np.float64(1e-4), 1e-2]}},
            "tasks": {"lab-tags": {"freeze": "none", "rows": None}},
        },
        "search": {"method": "random", "trials": 4, "options": {}},
    }


def stored(sweep: Sweep, place: Path) -> str:
    folder = SweepFolder(place)
    write_spec(folder, sweep)
    return folder.files.read(SPEC) or ""


@pytest.mark.parametrize("path", SPECS)
def test_every_spec_of_ours_reads_as_its_mapping(path: Path, monkeypatch) -> None:
    """The same sweep, and the same record of what was written."""
    monkeypatch.chdir(ROOT)  # a mapping has no file of its own, beside which data may lie
    written = parse_document(path.read_text(), path.name).data
    written.setdefault("name", path.stem)
    sweep, ours = read_spec(path), read_spec(written)
    assert ours == replace(sweep, source={**sweep.source, "name": ours.name})


def test_python_and_yaml_say_the_same(tmp_path: Path) -> None:
    """Sweep, record and keys, with `--set` on top."""
    (tmp_path / "small.yaml").write_text(YAML)
    overrides = ["recipe.target.steps=7", "seeds=2"]
    sweep = read_spec(tmp_path / "small.yaml", overrides)
    ours = read_spec(mapping(), overrides)
    assert ours == sweep
    assert stored(ours, tmp_path / "a") == stored(sweep, tmp_path / "b")


def test_it_finds_what_its_yaml_computed(made) -> None:
    """The keys of its stages are the same."""
    ours = read_spec(parse_document(made.spec.read_text(), "").data)
    keys = {
        stage.key
        for plan in ("(none)", "lab-pairs > lab-topic")
        for path in paths_of_trial(ours, made.prepared, Plan.parse(plan), {})
        for stage in path.evaluations
    }
    assert keys == made.store.contains_all(keys)


def test_what_is_read_is_not_what_was_given() -> None:
    """The user's own mapping is neither kept nor changed."""
    given = mapping()
    sweep = read_spec(given)
    given["intermediate"]["tasks"] = ()
    assert sweep.source["intermediate"]["tasks"] == ["lab-pairs", "lab-topic"]
    assert given == {**mapping(), "intermediate": {"tasks": (), "count": "0..2"}}


def test_a_mapping_extends_a_file(tmp_path: Path, monkeypatch) -> None:
    """By a path from the current folder; what is missing there is said so."""
    (tmp_path / "base.yaml").write_text(YAML)
    monkeypatch.chdir(tmp_path)
    sweep = read_spec({"extends": "base.yaml", "seeds": 1})
    assert sweep.name == "small" and sweep.seeds == (0,)
    with pytest.raises(
        UserMistake, match=r"no file 'bass.yaml' in the current folder\n.*base.yaml"
    ):
        read_spec({"extends": "bass.yaml"})


def test_a_folder_may_be_a_path(tmp_path: Path) -> None:
    """As Python has folders."""
    document = load_layers({"data": {"folder": tmp_path}})
    assert document.data == {"data": {"folder": str(tmp_path)}}


def itself() -> Mapping[str, object]:
    loop: dict[str, object] = {}
    loop["train"] = loop
    return loop


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sedes": 2}, "sedes: there is no field 'sedes'\n    → did you mean seeds?"),
        ({"seeds": "many"}, "seeds: 'many' is not a number of seeds"),
        ({"seeds": {1, 2}}, "seeds: set is nothing that a spec may hold"),
        ({"recipe": {"train": {"steps": "5"}}}, "recipe.train.steps: should be a whole number"),
        ({"recipe": {"train": {"steps": 1j}}}, "recipe.train.steps: complex is nothing"),
        ({"recipe": {3: {}}}, "recipe: a field's name is not a text: 3"),
        ({"recipe": itself()}, "recipe.train: contains itself"),
        ({"targets": ["lab-nli", b"lab-tags"]}, "targets: bytes is nothing that a spec may hold"),
        ({"encoder": "lab\0tiny"}, "encoder: "),
        ({"name": None}, "name: is missing, and no file's own name can stand in for it"),
        ({"intermediate": {"tasks": ["lab-pear"]}}, "intermediate.tasks: "),
        ({"store": "${NOWHERE_SET}"}, "store: "),
    ],
    ids=str,
)
def test_a_mistake_names_its_field(wrong: dict[str, object], said: str) -> None:
    """And no file or line: there is none."""
    with pytest.raises(UserMistake) as refused:
        read_spec(mapping() | wrong)
    assert str(refused.value).startswith(said)
    assert "line" not in refused.value.mistakes[0].where


def test_all_mistakes_at_once() -> None:
    """As of a file."""
    with pytest.raises(UserMistake) as refused:
        read_spec(mapping() | {"sedes": 1, "seeds": 0, "splits": ["dev", "nil"]})
    assert {mistake.where for mistake in refused.value.mistakes} == {"sedes", "seeds", "splits"}
