"""In how many languages the gain holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import combine_pvalues, ttest_1samp

from sweeps.statistics.replicability import (
    Combination,
    conjunction,
    gain_p_values,
    replicability,
)

p_lists = st.lists(st.floats(1e-6, 1), min_size=1, max_size=8)


class TestReplicability:
    def test_by_hand(self):
        """Three of four: (4 - u + 1) times the u-th smallest is below 0.05 up to the third."""
        p = {"a": 0.001, "b": 0.002, "c": 0.02, "d": 0.4}
        found = replicability(p)
        assert (found.count, found.languages, found.named) == (3, 4, ("a", "b", "c"))

    @given(p_lists)
    @settings(max_examples=40, deadline=None)
    def test_as_many_as_are_named(self, p):
        """Bonferroni's count is the number that Holm rejects (Dror et al. 2017, section 4)."""
        found = replicability({str(n): one for n, one in enumerate(p)})
        assert found.count == len(found.named)

    @given(p_lists)
    @settings(max_examples=40, deadline=None)
    def test_fishers_first_is_scipys(self, p):
        """That none has an effect is Fisher's plain combination."""
        wanted = combine_pvalues(p, "fisher").pvalue
        assert conjunction(p, Combination.FISHER)[0] == pytest.approx(wanted)

    @given(p_lists, st.sampled_from(Combination))
    @settings(max_examples=40, deadline=None)
    def test_more_is_never_easier(self, p, combination):
        """Whoever shows it in three shows it in two."""
        found = conjunction(p, combination)
        assert found == sorted(found)

    def test_what_has_no_p_never_counts(self):
        """It is named, and stays among the languages."""
        found = replicability({"a": 0.001, "b": None})
        assert (found.count, found.languages, found.not_estimable) == (1, 2, ("b",))

    @pytest.mark.parametrize("true", [0, 2, 5])
    def test_the_count_is_seldom_too_high(self, true):
        """Six languages that share their seeds, `true` of them with a gain: over in at most 5 %."""
        random = np.random.default_rng(true)
        tables = random.normal(size=(600, 1, 5)) + random.normal(size=(600, 6, 5))
        tables[:, :true] += 9
        p = ttest_1samp(tables, 0, axis=2, alternative="greater").pvalue
        counts = [
            replicability(dict(zip("abcdef", map(float, one), strict=True))).count for one in p
        ]
        assert np.mean(np.array(counts) > true) <= 0.075


class TestGainPValues:
    def test_one_sided_students_t(self):
        """scipy's own, language by language; None with one seed."""
        cells = {("a", 0): 1.0, ("a", 1): 2.5, ("a", 2): 0.5, ("b", 0): -1.0, ("b", 1): -3.0}
        found = gain_p_values({**cells, ("c", 0): 1.0})
        for name in "ab":
            own = [v for (language, _), v in cells.items() if language == name]
            wanted = ttest_1samp(own, 0, alternative="greater").pvalue
            assert found[name] == pytest.approx(wanted)
        assert found["c"] is None
