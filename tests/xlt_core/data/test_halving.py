"""Halving: a row's half depends on its id and on nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.data.folder import FolderSource
from xlt_core.data.halving import half_of, halve
from xlt_core.kinds.span.example import SpanExample

IDS = st.lists(st.text(max_size=12), unique=True, max_size=30)


def rows(ids: list[str], language: str) -> list[SpanExample]:
    return [SpanExample(key, f"context {language}", "q", ()) for key in ids]


@settings(max_examples=50, deadline=None)
@given(IDS, IDS)
def test_the_halves_are_the_same_in_every_language_and_whatever_else_is_there(
    ids: list[str], others: list[str]
):
    alone = {row.id for row in halve(rows(ids, "en"), "dev")}
    more = [*ids, *(key for key in others if key not in ids)]
    among = {row.id for row in halve(rows(more, "th")[::-1], "dev")}
    assert alone == among & set(ids)


@settings(max_examples=50, deadline=None)
@given(IDS)
def test_the_halves_are_a_partition_in_order(ids: list[str]):
    dev, test = (halve(rows(ids, "en"), split) for split in ("dev", "test"))
    assert {row.id for row in dev}.isdisjoint(row.id for row in test)
    assert sorted([*dev, *test], key=lambda row: ids.index(row.id)) == rows(ids, "en")


def test_the_hash_is_fixed():
    """A change here would move rows from test to dev in every finished study."""
    assert [half_of(f"q{n}") for n in range(12)] == [
        *("test", "test", "dev", "dev", "test", "test"),
        *("dev", "dev", "test", "test", "test", "dev"),
    ]


@pytest.mark.shared
def test_the_real_xquad_has_the_same_questions_in_each_half(shared_data: Any):
    source = FolderSource(shared_data)
    ids = {
        language: [row.id for row in source.load("xquad", language, "dev")]
        for language in source.languages("xquad", "dev")
    }
    assert len(ids) == 12
    assert all(found == ids["en"] for found in ids.values())
    assert 100 < len(ids["en"]) < 201
