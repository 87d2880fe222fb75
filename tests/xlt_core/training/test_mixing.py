"""Batches of many languages: shares, turns, and that a step's rows depend on nothing before it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from xlt_core.training.mixing import MixedOrder, apportioned, tempered

GROUPS = {"en": np.arange(600), "sw": np.arange(600, 640)}
SHARES = {"en": 0.7, "sw": 0.3}


def order(seed: int = 1) -> MixedOrder:
    lengths = np.arange(640) % 13
    return MixedOrder("texts", lengths, GROUPS, SHARES, 8, seed)


def drawn(steps: range) -> list[int]:
    made = order()
    return [row for step in steps for row in made.batch(step)[1].tolist()]


def test_shares_are_those_of_the_paper():
    """XLM-R's section 3.1: 16 and 1 rows at one half are 4 to 1."""
    assert tempered({"a": 16, "b": 1}, 0.5) == {"a": 0.8, "b": 0.2}
    assert tempered({"a": 16, "b": 1}, 0.0) == {"a": 0.5, "b": 0.5}
    assert tempered({"a": 3, "b": 1}, 1.0) == {"a": 0.75, "b": 0.25}


def test_whole_numbers_add_up():
    """The largest remainders get what is left."""
    assert apportioned({"a": 0.5, "b": 0.3, "c": 0.2}, 3) == {"a": 1, "b": 1, "c": 1}
    assert apportioned({"a": 0.9, "b": 0.1}, 10) == {"a": 9, "b": 1}


def test_languages_come_by_their_shares_mixed_in_a_batch():
    """And no row comes again before each of its language has come."""
    rows = drawn(range(100))
    small = [row for row in rows if row >= 600]
    assert len(small) == pytest.approx(0.3 * len(rows), abs=1)
    counts = Counter(small)
    assert len(counts) == 40 and max(counts.values()) - min(counts.values()) <= 1
    made = order()
    both = sum(0 < sum(made.batch(step)[1] < 600) < 8 for step in range(100))
    assert both > 50


def test_a_step_depends_on_nothing_before():
    """Whoever goes on from step 73 sees the rows that it would have seen."""
    assert drawn(range(73, 120)) == drawn(range(120))[73 * 8 :]
    assert order(2).batch(3)[1].tolist() != order(1).batch(3)[1].tolist()
    assert order().batches_per_epoch == 80
