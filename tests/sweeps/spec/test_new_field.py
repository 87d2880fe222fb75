"""A field that is new is written twice, in `schema` and in `sweep`; all else follows from there.

A copy of the package is given made-up fields in these two files and nothing else, and asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from sweeps.spec.addresses import FIELDS as ADDRESSES
from sweeps.spec.sweep import Sweep

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden" / "defaults.yaml"
# Per file: the line before which a made-up field stands, and the field.
MADE_UP = {
    "sweep.py": {
        '    order: str = "any"': 'rhythm: str = "even"',
        "    asynchronous: bool = False": "restarts: Annotated[int | None, MAY_GROW] = 1",
        "    micro_batch: Annotated[int | None, ROUNDS] = None": "nice: int = 0",
        '    splits: Annotated[tuple[str, ...], MAY_GROW] = ("dev", "test")': (
            "rounds: Annotated[tuple[str, ...], MAY_GROW] = ('first',)\n"
            "    colour: str | None = None"
        ),
    },
    "schema.py": {
        "    order: Literal": 'rhythm: str = Field(default="even", description="Of plans.")',
        "    asynchronous: bool": 'restarts: Count | None = Field(default=1, description="Of it.")',
        "    micro_batch: Count": 'nice: int = Field(default=0, description="As of a process.")',
        "    splits: list": (
            'rounds: list[str] = Field(default=["first"], description="Held one by one.")\n'
            '    colour: str | None = Field(default=None, description="Of the sweep.")'
        ),
    },
}
SPEC = "intermediate: {tasks: [mnli, qqp]}\ntargets: [xnli]\n"
ASK = """
import json, sys
from pathlib import Path
from sweeps.spec.compare import compare
from sweeps.spec.fields import every_field
from sweeps.spec.paths import SweepFolder
from sweeps.spec.read import read_spec, read_stored_spec
from sweeps.spec.schema import spec_schema
from sweeps.spec.stored import from_data, to_data, write_spec
from xlt_core.vocabulary.errors import UserMistake

here = Path(sys.argv[1])
path = here / "made.yaml"
path.write_text(sys.argv[2])
folder = SweepFolder(here / "runs" / "made")

def said(sweep):
    return [sweep.rounds, sweep.colour, sweep.intermediate.rhythm, sweep.search.restarts,
            sweep.execution.nice]

def change(*overrides):
    found = compare(sweep, read_spec(path, [*WRITTEN, *overrides]))
    differences = [str(one.mistake(found.sweep)) for one in found.differences]
    return {"kind": found.kind, "more": found.more, "free": found.free, "refused": differences}

def refused(call):
    try:
        call()
    except (UserMistake, KeyError, TypeError, ValueError) as error:
        return str(error)

WRITTEN = ["rounds=[first, second]", "colour=red", "intermediate.rhythm=uneven",
           "search.restarts=2", "execution.nice=7"]
sweep = read_spec(path, WRITTEN)
write_spec(folder, sweep)
data = to_data(sweep)
SweepFolder(here / "runs" / "defaults").files.write("spec.yaml", Path(sys.argv[3]).read_text())
print(json.dumps({
    "package": str(Path(sys.modules["sweeps.spec.read"].__file__).parents[2]),
    "defaults": said(read_spec(path)),
    "written": said(sweep),
    "stored": [data["rounds"], data["colour"], data["intermediate"]["rhythm"],
               data["search"]["restarts"], data["execution"]["nice"]],
    "comes back": read_stored_spec(folder) == sweep,
    "of an earlier version": said(read_stored_spec(SweepFolder(here / "runs" / "defaults"))),
    "unknown": [
        refused(lambda: from_data(data | {"shape": 1})),
        refused(lambda: from_data(data | {"search": data["search"] | {"shape": 1}})),
        refused(lambda: read_spec(path, ["round=[first]"])),
    ],
    "same": change(),
    "changes": {text: change(text) for text in (
        "colour=blue", "intermediate.rhythm=odd", "rounds=[second]", "search.restarts=1",
        "search.restarts=3", "rounds=[second, first, third]", "execution.nice=1",
    )},
    "listed": {one.path: [one.kind, one.default, one.about] for one in every_field()},
    "schema": spec_schema(),
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the copy with the made-up fields answers."""
    here = tmp_path_factory.mktemp("made-up")
    shutil.copytree(
        ROOT / "sweeps", here / "sweeps", ignore=shutil.ignore_patterns("__pycache__", "specs")
    )
    for name, additions in MADE_UP.items():
        file = here / "sweeps" / "spec" / name
        file.write_text(_with_fields(file.read_text(), additions))
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(here), SPEC, str(GOLDEN)],
        env=os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{ROOT}"},
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    answers: Mapping[str, Any] = json.loads(asked.stdout)
    assert answers["package"] == str(here)
    return answers


def _with_fields(text: str, additions: Mapping[str, str]) -> str:
    """The source with each addition before the one line that begins so."""
    for line, addition in additions.items():
        assert text.count(f"\n{line}") == 1, line
        text = text.replace(f"\n{line}", f"\n    {addition}\n{line}")
    return text


class TestNewFields:
    def test_they_are_read(self, found: Mapping[str, Any]):
        """Into the frozen value, under their names; left out, they have their defaults."""
        assert found["defaults"] == [["first"], None, "even", 1, 0]
        assert found["written"] == [["first", "second"], "red", "uneven", 2, 7]

    def test_they_are_stored_and_come_back(self, found: Mapping[str, Any]):
        """In the sweep's record, by their types."""
        assert found["stored"] == found["written"]
        assert found["comes back"]

    def test_a_record_that_does_not_know_them_is_read(self, found: Mapping[str, Any]):
        """An earlier version's sweeps go on, with the defaults."""
        assert found["of an earlier version"] == found["defaults"]

    def test_a_field_that_is_none_is_refused(self, found: Mapping[str, Any]):
        """In a record by its name and section; in a spec by the field that was meant."""
        record, section, spec = found["unknown"]
        assert "no field 'shape'" in record
        assert "no field 'shape' in search" in section
        assert "there is no field 'round'" in spec
        assert "rounds" in spec

    @pytest.mark.parametrize(
        ("change", "refused"),
        [
            ("colour=blue", "--set colour: began as red, the spec says blue"),
            (
                "intermediate.rhythm=odd",
                "--set intermediate.rhythm: began as uneven, the spec says odd",
            ),
            ("rounds=[second]", "--set rounds: began as [first, second], the spec says [second]"),
            ("search.restarts=1", "--set search.restarts: began as 2, the spec says 1"),
        ],
    )
    def test_a_change_is_refused_in_its_place(
        self, found: Mapping[str, Any], change: str, refused: str
    ):
        """Where nothing is said of the field, any change; of one that may grow, less."""
        assert found["changes"][change] == {
            "kind": "different",
            "more": [],
            "free": [],
            "refused": [refused],
        }

    @pytest.mark.parametrize(
        ("change", "more"),
        [
            ("search.restarts=3", "restarts: 2 → 3"),
            ("rounds=[second, first, third]", "more rounds: third"),
        ],
    )
    def test_more_extends(self, found: Mapping[str, Any], change: str, more: str):
        """Of a number and of a list."""
        told = found["changes"][change]
        assert (told["kind"], told["more"], told["refused"]) == ("extension", [more], [])

    def test_what_is_said_of_a_section_holds_for_them(self, found: Mapping[str, Any]):
        """Nothing of `execution` changes a result."""
        told = found["changes"]["execution.nice=1"]
        assert (told["kind"], told["free"]) == ("same", ["execution.nice"])
        assert found["same"] == {"kind": "same", "more": [], "free": [], "refused": []}

    def test_they_are_listed_and_completed(self, found: Mapping[str, Any]):
        """By `xlt fields`, and by editors."""
        assert found["listed"]["rounds"] == ["list of text", '["first"]', "Held one by one."]
        assert found["listed"]["search.restarts"][1:] == ["1", "Of it."]
        assert found["listed"]["execution.nice"] == ["whole number", "0", "As of a process."]
        assert found["schema"]["properties"]["colour"]["description"] == "Of the sweep."
        parts = found["schema"]["$defs"]
        assert "rhythm" in parts["IntermediatePart"]["properties"]


def _with_defaults(value: Any, before: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, value and default of every field that has a default, those of sections included."""
    for each in fields(value):
        path, inner = f"{before}{each.name}", getattr(value, each.name)
        if is_dataclass(inner):
            yield from _with_defaults(inner, f"{path}.")
        elif each.default is not MISSING or each.default_factory is not MISSING:
            default = each.default
            yield path, inner, each.default_factory() if default is MISSING else default


def test_a_record_and_a_spec_that_do_not_say_mean_the_same(sweep_of: Callable[..., Sweep]):
    """Else a sweep of a version that did not know the field would be refused as another."""
    depends = {"search.trials", *ADDRESSES, "source", "places"}  # on other fields, or on the place
    known = [one for one in _with_defaults(sweep_of(SPEC)) if one[0] not in depends]
    assert len(known) > 10
    assert [one for one in known if one[1] != one[2]] == []
