"""Means and intervals over languages and seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.report.statistics import bootstrap_means, estimate

points = st.floats(-50, 50, allow_nan=False)


@st.composite
def tables(draw, fewest_languages=1):
    languages = draw(st.integers(fewest_languages, 5))
    seeds = draw(st.integers(1, 4))
    values = draw(st.lists(points, min_size=languages * seeds, max_size=languages * seeds))
    return {(f"l{at // seeds}", at % seeds): value for at, value in enumerate(values)}


class TestEstimate:
    @given(tables())
    @settings(max_examples=40, deadline=None)
    def test_mean_is_over_languages_of_the_mean_over_seeds(self, cells):
        """Each language weighs alike, whatever number of seeds it has."""
        languages = {language for language, _ in cells}
        by_hand = [
            np.mean([v for (language, _), v in cells.items() if language == one])
            for one in languages
        ]
        assert estimate(cells, "x", draws=50).mean == pytest.approx(np.mean(by_hand))

    @given(tables(fewest_languages=2))
    @settings(max_examples=40, deadline=None)
    def test_interval_holds_the_mean(self, cells):
        """The interval is around the mean."""
        found = estimate(cells, "x", draws=200)
        assert found.interval.low <= found.mean <= found.interval.high

    @given(tables(fewest_languages=2))
    @settings(max_examples=20, deadline=None)
    def test_same_data_same_interval(self, cells):
        """Draws are seeded, and the order in which cells come does not matter."""
        backwards = dict(reversed(cells.items()))
        assert estimate(cells, "x", draws=200) == estimate(backwards, "x", draws=200)

    @given(tables(fewest_languages=2), points)
    @settings(max_examples=20, deadline=None)
    def test_shifting_all_values_shifts_the_interval(self, cells, shift):
        """Only differences between cells make an interval wide."""
        here = estimate(cells, "x", draws=200).interval
        there = estimate({k: v + shift for k, v in cells.items()}, "x", draws=200).interval
        assert there.low == pytest.approx(here.low + shift, abs=1e-6)
        assert there.high == pytest.approx(here.high + shift, abs=1e-6)

    def test_one_language_is_not_estimable(self):
        """A family with one language is shown without an interval."""
        found = estimate({("sw", 0): 1.0, ("sw", 1): 2.0}, "x")
        assert (found.mean, found.interval, found.languages, found.seeds) == (1.5, None, 1, 2)

    def test_equal_values_have_an_interval_of_no_width(self):
        """Where nothing varies, nothing is uncertain."""
        found = estimate({(language, seed): 2.0 for language in "abc" for seed in (0, 1)}, "x")
        assert (found.interval.low, found.interval.high) == (2.0, 2.0)

    def test_a_missing_cell_leaves_the_language_its_other_seeds(self):
        """A language with fewer seeds still weighs as one language."""
        found = estimate({("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 4.0}, "x")
        assert found.mean == 3.0
        assert math.isfinite(found.interval.low)

    def test_seeds_that_differ_widen_the_interval(self):
        """What another seed would do is part of what is not known."""
        alike = {
            (language, seed): gain
            for language, gain in zip("abcd", (1, 2, 3, 4), strict=True)
            for seed in range(3)
        }
        unlike = {
            (language, seed): gain + (seed - 1) * 5 for (language, seed), gain in alike.items()
        }
        width = {
            name: (found := estimate(cells, "x").interval).high - found.low
            for name, cells in (("alike", alike), ("unlike", unlike))
        }
        assert width["unlike"] > width["alike"]

    def test_nothing_to_estimate(self):
        """No cells is the caller's mistake."""
        with pytest.raises(ValueError, match="nothing to estimate"):
            estimate({}, "x")

    def test_covers_as_often_as_it_says(self):
        """In worlds without an effect the interval holds zero in about 95 of 100."""
        random = np.random.default_rng(1)
        held = 0
        for world in range(300):
            languages, seeds = random.normal(0, 1, (5, 1)), random.normal(0, 0.5, (1, 3))
            table = languages + seeds + random.normal(0, 0.5, (5, 3))
            cells = {(f"l{i}", j): table[i, j] for i in range(5) for j in range(3)}
            found = estimate(cells, str(world), draws=300).interval
            held += found.low <= 0 <= found.high
        assert 0.92 <= held / 300 <= 0.99


class TestBootstrapMeans:
    def test_every_draw_lies_between_the_extremes(self):
        """A mean of drawn languages is never beyond the languages' own means."""
        table = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 7.0]])
        for by in ("language", "seed"):
            means = bootstrap_means(table, "x", 500, by)
            assert means.min() >= 1.0
            assert means.max() <= 7.0
