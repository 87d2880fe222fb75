"""Corrected p-values and intervals that hold together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from sweeps.statistics.crossed import estimate
from sweeps.statistics.multiplicity import Correction, corrected, simultaneous, table
from tests.sweeps.statistics.worlds import as_cells, world

p_values = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.floats(1e-6, 1), min_size=1, max_size=8
)


class TestCorrected:
    def test_a_published_example_of_holm(self):
        """Four p-values, worked by hand: times 4, 3, 2, 1, never falling."""
        found = corrected({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
        assert found.p == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
        assert (found.rejected(), found.tests) == (("a", "d"), 4)

    @given(p_values)
    @settings(max_examples=8, deadline=None)
    def test_holm_is_statsmodels(self, p):
        """Two implementations say the same, name by name."""
        wanted = multipletests(list(p.values()), method="holm")[1]
        assert list(corrected(p).p.values()) == pytest.approx(list(wanted))

    @given(p_values)
    @settings(max_examples=25, deadline=None)
    def test_benjamini_hochberg_is_scipys(self, p):
        """Two libraries say the same, name by name."""
        found = corrected(p, Correction.BENJAMINI_HOCHBERG)
        wanted = false_discovery_control(list(p.values()))
        assert list(found.p.values()) == pytest.approx(list(wanted))
        assert list(found.p) == list(p)

    @given(p_values)
    @settings(max_examples=25, deadline=None)
    def test_holm_is_the_stricter(self, p):
        """A conclusion asks for no less than a screen, and neither for less than one test."""
        strict = corrected(p, Correction.HOLM).p
        mild = corrected(p, Correction.BENJAMINI_HOCHBERG).p
        assert all(strict[n] >= mild[n] - 1e-12 and mild[n] >= p[n] - 1e-12 for n in p)

    def test_what_was_not_tested_is_not_counted(self):
        """It keeps its name and has no p."""
        found = corrected({"a": 0.02, "b": None, "c": 0.5})
        assert (found.p["b"], found.tests) == (None, 2)
        assert found.p["a"] == pytest.approx(0.04)
        assert corrected({"b": None}).rejected() == ()


class TestTable:
    def test_simultaneous_intervals_are_bonferronis(self):
        """Two lines at 95 % together are each at 97.5 %; one not estimable is not counted."""
        random = np.random.default_rng(1)
        lines = {n: estimate(as_cells(world(random, 4, 3, (1, 1, 1))[0])) for n in "ab"}
        lines["c"] = estimate({("sw", 0): 1.0})
        found = simultaneous(lines)
        assert found["a"].low == pytest.approx(lines["a"].at(0.975).low)
        assert (found["a"].level, found["c"]) == (0.95, None)

    @given(st.integers(0, 10**6), st.integers(1, 6))
    @settings(max_examples=25, deadline=None)
    def test_shown_is_what_the_interval_carries(self, seed, lines):
        """Holm rejects whatever the simultaneous interval does, with its sign."""
        random = np.random.default_rng(seed)
        tables = world(random, 3, 4, (0.3, 0.3, 0.5), 1.0, lines)
        found = table({n: estimate(as_cells(one)) for n, one in enumerate(tables)})
        for line in found.values():
            assert line.tests == lines
            if not line.interval.holds_zero:
                assert line.p < 0.05
                assert line.shown == np.sign(line.estimate.mean)
            else:
                assert line.shown == 0

    def test_a_table_without_effects_shows_one_seldom(self):
        """Six lines that share their seeds: in at most 6 of 100 tables is any shown."""
        random = np.random.default_rng(3)
        wrong = 0
        for _ in range(100):
            common = world(random, 5, 4, (0, 1, 0))
            tables = world(random, 5, 4, (0.5, 0.5, 0.5), worlds=6) + common
            found = table({n: estimate(as_cells(one)) for n, one in enumerate(tables)})
            wrong += any(line.shown for line in found.values())
        assert wrong / 100 <= 0.06
