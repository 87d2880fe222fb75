"""Rows of one id, and splits that are the same rows: noted when a sweep is planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec

ROWS = [f"{number}\ttext number {number}\ttravel" for number in range(6)]
OTHERS = [f"{number}\tanother {number}\ttravel" for number in range(6)]
LAST = [f"{number}\tthe last {number}\ttravel" for number in range(6)]
TWICE = [*LAST, "3\tone more\ttravel"]
SPEC = """\
encoder: lab-small
data: {{folder: {folder}}}
targets: [{{sib200: [en, sw]}}]
intermediate: {{tasks: []}}
"""


@pytest.fixture
def notes(tmp_path: Path, write: Callable[..., Path], monkeypatch, tmp_path_factory):
    """A function that plans on SIB-200 with these English splits, and returns the notes."""
    monkeypatch.setenv("XLT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    folder = tmp_path / "data"

    def plan(train: Sequence[str], dev: Sequence[str], test: Sequence[str]) -> tuple[str, ...]:
        (folder / "sib200").mkdir(parents=True)
        named = {"train-en": train, "dev-en": dev, "test-en": test}
        for name, rows in {**named, "dev-sw": ROWS, "test-sw": OTHERS}.items():
            text = "\n".join(["id\ttext\tlabel", *rows])
            (folder / "sib200" / f"{name}.tsv").write_text(f"{text}\n")
        return prepare(read_spec(write(SPEC.format(folder=folder)), ())).notes

    return plan


class TestSameRows:
    @pytest.mark.parametrize("turned", [False, True], ids=["in order", "in another order"])
    @pytest.mark.parametrize(
        ("splits", "expected"),
        [
            ((ROWS, ROWS, LAST), "dev and train are the same rows: what selects was trained on."),
            ((ROWS, LAST, ROWS), "test and train are the same rows: what is shown was trained on."),
            ((LAST, ROWS, ROWS), "dev and test are the same rows: what is shown is what selected."),
        ],
    )
    def test_are_noted(self, notes, splits, expected, turned):
        """By content, whatever the files are called and however their rows are sorted."""
        *others, last = splits
        assert notes(*others, last[::-1] if turned else last) == (f"sib200 in en: {expected}",)

    def test_others_are_not(self, notes):
        """Nor are the same rows in two languages, nor rows that are as many."""
        assert notes(ROWS, OTHERS, LAST) == ()

    def test_whose_labels_differ_are_not_the_same(self, notes):
        """A row is its texts and its label."""
        assert notes(ROWS, [row.replace("travel", "sports") for row in ROWS], LAST) == ()


class TestIds:
    def test_of_several_rows_are_noted_once_a_task(self, notes):
        """With where, and the first of them; the rows count all the same."""
        (only,) = notes(TWICE, OTHERS, [*OTHERS, "5\tand again\ttravel"])
        assert only == (
            "sib200: several rows have one id (train in en, test in en; first '3'): predictions "
            "cannot be told apart by it."
        )
