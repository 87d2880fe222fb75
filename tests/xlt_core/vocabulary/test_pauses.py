"""Pauses before something is tried again."""

from __future__ import annotations

import pytest

from xlt_core.vocabulary.pauses import Pauses


def test_they_grow_to_a_longest_one():
    """Each is a fixed number of times as long as the one before, up to the longest."""
    schedule = Pauses(first=1.0, growth=2.0, longest=5.0)
    assert [schedule.after(n) for n in (1, 2, 3, 4, 5, 10_000)] == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


def test_they_are_counted_from_one():
    """Before the first failure there is nothing to wait for."""
    with pytest.raises(ValueError, match="from 1"):
        Pauses().after(0)
