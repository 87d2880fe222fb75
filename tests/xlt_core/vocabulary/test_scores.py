"""Scores: plain values in percent, and the unweighted mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.vocabulary.scores import Scores, mean


class TestScores:
    def test_the_stored_form_loses_nothing(self):
        """What `scores.json` holds makes the same value again."""
        scores = Scores("xquad", "sw", "test", {"f1": 51.25, "exact_match": 40.0}, 45.625, 300)
        assert Scores(**scores.to_json()) == scores  # type: ignore[arg-type]

    def test_scores_can_be_put_in_a_set(self):
        """Though their metrics are a mapping."""
        assert len({Scores("a", "en", "dev", {"accuracy": 1.0}, 1.0, 2)}) == 1


class TestMean:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
    def test_lies_between_its_values(self, values: list[float]):
        """Up to rounding."""
        assert min(values) - 1e-9 <= mean(iter(values)) <= max(values) + 1e-9

    def test_is_unweighted(self):
        """As XTREME-R averages languages."""
        assert mean([70.0, 50.0, 60.0]) == 60.0

    def test_of_nothing_is_refused(self):
        """Rather than made up."""
        with pytest.raises(ValueError, match="nothing to average"):
            mean([])
