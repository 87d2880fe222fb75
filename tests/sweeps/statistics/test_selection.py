"""How well a predictor selects."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from sweeps.statistics.selection import selection_quality

gains = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-9, 9), min_size=1)


class TestSelectionQuality:
    def test_by_hand(self):
        """The second best is tried first: it loses 1 point; NDCG as Järvelin and Kekäläinen."""
        truth = {"a": 3.0, "b": 2.0, "c": 0.0}
        found = selection_quality({"a": 2, "b": 3, "c": 1}, truth, k=2)
        ideal = 3 + 2 / np.log2(3)
        assert (found.regret, found.candidates) == (0.0, 3)
        assert found.ndcg == pytest.approx((2 + 3 / np.log2(3)) / ideal)
        assert found.kendall == pytest.approx(1 / 3)
        assert selection_quality({"a": 2, "b": 3, "c": 1}, truth).regret == 1.0

    @given(gains, st.integers(1, 9))
    @settings(max_examples=40, deadline=None)
    def test_the_truth_is_the_best_predictor(self, truth, k):
        """No regret, NDCG 1, Kendall 1, whatever the gains."""
        found = selection_quality(truth, truth, k)
        assert found.regret == 0
        assert found.ndcg is None or found.ndcg == pytest.approx(1)
        assert found.kendall is None or found.kendall == pytest.approx(1)

    @given(gains, gains, st.integers(1, 4))
    @settings(max_examples=40, deadline=None)
    def test_against_scipy_and_by_counting(self, predicted, truth, k):
        """Kendall is scipy's; chance is all the ways to draw k."""
        both = sorted(set(predicted) & set(truth))
        if not both:
            return
        found = selection_quality(predicted, truth, k)
        tau = np.nan
        if len(both) > 1:
            tau = kendalltau([predicted[n] for n in both], [truth[n] for n in both]).statistic
        assert (found.kendall is None) == np.isnan(tau)
        assert found.kendall is None or found.kendall == pytest.approx(tau)
        best = max(truth[n] for n in both)
        drawn = [max(truth[n] for n in some) for some in combinations(both, found.k)]
        assert found.chance_regret == pytest.approx(best - np.mean(drawn))
        assert found.missing == len(set(predicted) ^ set(truth))

    def test_a_predictor_that_cannot_tell_gets_no_credit(self):
        """Of those predicted alike the worst comes first."""
        found = selection_quality(dict.fromkeys("abc", 1.0), {"a": 3.0, "b": 2.0, "c": 0.0})
        assert (found.regret, found.ndcg, found.kendall) == (3.0, 0.0, None)

    def test_nothing_to_select_from(self):
        """No candidate has both; or none is to be tried."""
        with pytest.raises(ValueError, match="nothing to select"):
            selection_quality({"a": 1.0}, {"b": 1.0})
        with pytest.raises(ValueError, match="k is 0"):
            selection_quality({"a": 1.0}, {"a": 1.0}, k=0)
