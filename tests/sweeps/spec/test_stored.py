"""A started sweep's record: the same sweep comes back, wherever its folder lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.spec.paths import SweepFolder
from sweeps.spec.read import read_stored_spec
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import (
    Execution,
    Intermediate,
    Objective,
    Range,
    Search,
    Sweep,
    Target,
)
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Step

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
RANGES = st.one_of(
    st.builds(Range, st.sampled_from(["log", "float"]), FLOATS, FLOATS),
    st.builds(Range, st.just("int"), st.integers(), st.integers()),
    st.builds(
        lambda values: Range("choice", choices=tuple(values)),
        st.lists(st.integers() | FLOATS | WORDS, min_size=1, max_size=4),
    ),
)
VALUES = st.integers() | FLOATS | WORDS | st.none() | RANGES | st.tuples(WORDS)
LAYER = st.dictionaries(st.sampled_from(["steps", "freeze", "rows", "head"]), VALUES, max_size=3)
STEPS = st.sampled_from([Step.parse(text) for text in ("mnli", "qqp+squad", "panx[ru]", "siqa")])
NUMBERS = st.integers(0, 9)
SWEEPS = st.builds(
    Sweep,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
    encoder=WORDS,
    data=WORDS,
    intermediate=st.builds(
        Intermediate,
        st.lists(STEPS, unique=True).map(tuple),
        st.lists(NUMBERS).map(tuple),
        st.sampled_from(["any", "sorted", "given"]),
        st.sampled_from(["flag", "exclude"]),
        st.lists(WORDS).map(tuple),
    ),
    targets=st.lists(
        st.builds(
            Target,
            st.sampled_from(["xnli", "udpos"]),
            st.none() | st.lists(st.sampled_from(["en", "no", "sw"])).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    seeds=st.lists(NUMBERS).map(tuple),
    recipe=st.fixed_dictionaries(
        {"train": LAYER, "target": LAYER},
        optional={"tasks": st.dictionaries(st.sampled_from(["mnli", "no", "1"]), LAYER)},
    ),
    search=st.builds(
        Search,
        st.sampled_from(["tpe", "grid"]),
        st.none() | NUMBERS,
        NUMBERS,
        NUMBERS,
        st.booleans(),
        st.dictionaries(WORDS, PLAIN, max_size=3),
    ),
    objective=st.builds(Objective, languages=st.sampled_from(["english", "all"])),
    execution=st.builds(Execution, workers=st.none() | NUMBERS, checkpoint_seconds=FLOATS),
    splits=st.just(("dev", "test")),
    store=st.just("s3://bucket/stages"),
    tracking=WORDS.filter(bool),
    storage=WORDS.filter(bool),
    source=st.dictionaries(WORDS, PLAIN, max_size=3),
)


class TestRoundTrip:
    @settings(max_examples=40, deadline=None)
    @given(sweep=SWEEPS)
    def test_what_is_written_is_read(self, tmp_path_factory: Any, sweep: Sweep):
        """Any sweep at all comes back equal, ranges, steps and texts included."""
        folder = SweepFolder(tmp_path_factory.getbasetemp() / "round" / sweep.name)
        write_spec(folder, sweep)
        assert read_stored_spec(folder) == sweep

    def test_a_read_spec_comes_back(self, sweep_of: Callable[..., Sweep], tmp_path: Path):
        """The record of a real spec, default places included."""
        sweep = sweep_of()
        folder = SweepFolder(tmp_path / "runs" / sweep.name)
        write_spec(folder, sweep)
        found = read_stored_spec(folder)
        assert found == sweep
        assert found.source == sweep.source

    def test_a_moved_runs_folder_still_works(
        self, sweep_of: Callable[..., Sweep], tmp_path: Path, monkeypatch
    ):
        """Default places are found from where the folder lies now."""
        monkeypatch.setenv("XLT_RUNS", str(tmp_path / "old"))
        sweep = sweep_of()
        write_spec(SweepFolder(tmp_path / "old" / sweep.name), sweep)
        shutil.move(tmp_path / "old", tmp_path / "new")
        found = read_stored_spec(SweepFolder(tmp_path / "new" / sweep.name))
        assert found.store == str(tmp_path / "new" / "stages")
        assert found.storage == f"sqlite:///{tmp_path}/new/order/study.db"

    def test_writing_leaves_nothing_behind(self, sweep_of: Callable[..., Sweep], tmp_path: Path):
        """One file, whole; no temporary ones."""
        folder = SweepFolder(tmp_path / "x")
        write_spec(folder, sweep_of())
        assert [path.name for path in folder.path.iterdir()] == ["spec.yaml"]


class TestMistakes:
    def test_no_such_sweep_names_those_there_are(
        self, sweep_of: Callable[..., Sweep], tmp_path: Path
    ):
        """A misspelt name shows the nearest."""
        write_spec(SweepFolder(tmp_path / "order"), sweep_of())
        with pytest.raises(UserMistake, match=r"ordr: there is no such sweep(.|\n)*mean order\?"):
            read_stored_spec(SweepFolder(tmp_path / "ordr"))

    def test_where_there_are_none_it_says_how_to_start_one(self, tmp_path: Path):
        """An empty runs folder."""
        with pytest.raises(UserMistake, match="xlt run SPEC"):
            read_stored_spec(SweepFolder(tmp_path / "order"))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("name: x\n", "not a sweep's record"),
            ("a: [", "cannot be read"),
            ("format: 9\nsource: {}\nsweep: {}\n", "form 9"),
            ("format: 1\nsource: {}\nsweep: {name: x}\n", "KeyError"),
            ("format: 1\nsource: {}\nsweep: 3\n", "cannot be read"),
        ],
    )
    def test_a_spoilt_record_is_said_to_be_one(self, tmp_path: Path, text: str, expected: str):
        """Nobody meets a traceback for a spoilt file."""
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "spec.yaml").write_text(text)
        with pytest.raises(UserMistake, match=expected):
            read_stored_spec(SweepFolder(tmp_path / "x"))
