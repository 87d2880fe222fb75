"""Means and intervals over languages and seeds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from sweeps.statistics.crossed import estimate, smallest_p

points = st.floats(-50, 50, allow_nan=False)


@st.composite
def tables(draw, fewest=1):
    """Values by language and seed, at least `fewest` of each."""
    languages = draw(st.integers(fewest, 5))
    seeds = draw(st.integers(fewest, 4))
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
        assert estimate(cells).mean == pytest.approx(np.mean(by_hand))

    @given(tables(fewest=2))
    @settings(max_examples=40, deadline=None)
    def test_interval_holds_the_mean(self, cells):
        """The interval is around the mean."""
        found = estimate(cells)
        assert found.interval.low <= found.mean <= found.interval.high

    @given(tables(fewest=2))
    @settings(max_examples=20, deadline=None)
    def test_same_data_same_interval(self, cells):
        """The order in which cells come does not matter."""
        backwards = dict(reversed(cells.items()))
        assert estimate(cells) == estimate(backwards)

    @given(tables(fewest=2), points)
    @settings(max_examples=20, deadline=None)
    def test_shifting_all_values_shifts_the_interval(self, cells, shift):
        """Only differences between cells make an interval wide."""
        here = estimate(cells).interval
        there = estimate({k: v + shift for k, v in cells.items()}).interval
        assert there.low == pytest.approx(here.low + shift, abs=1e-6)
        assert there.high == pytest.approx(here.high + shift, abs=1e-6)

    def test_one_language_is_not_estimable(self):
        """A family with one language is shown without an interval."""
        found = estimate({("sw", 0): 1.0, ("sw", 1): 2.0})
        assert (found.mean, found.interval, found.languages, found.seeds) == (1.5, None, 1, 2)

    def test_equal_values_have_an_interval_of_no_width(self):
        """Where nothing varies, nothing is uncertain."""
        found = estimate({(language, seed): 2.0 for language in "abc" for seed in (0, 1)})
        assert (found.interval.low, found.interval.high) == (2.0, 2.0)

    def test_a_missing_cell_leaves_the_language_its_other_seeds(self):
        """A language with fewer seeds still weighs as one language."""
        found = estimate({("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 4.0})
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
            name: (found := estimate(cells).interval).high - found.low
            for name, cells in (("alike", alike), ("unlike", unlike))
        }
        assert width["unlike"] > width["alike"]

    def test_nothing_to_estimate(self):
        """No cells is the caller's mistake."""
        with pytest.raises(ValueError, match="nothing to estimate"):
            estimate({})

    def test_one_seed_is_not_estimable(self):
        """One seed says nothing of how another would do, however many languages there are."""
        found = estimate({(language, 0): float(n) for n, language in enumerate("abcdef")})
        assert (found.interval, found.languages, found.seeds) == (None, 6, 1)

    @given(tables(fewest=2))
    @settings(max_examples=40, deadline=None)
    def test_never_narrower_than_languages_or_seeds_alone(self, cells):
        """Taking off what both spreads share never goes below what one of them says by itself."""
        found = estimate(cells).interval
        half = (found.high - found.low) / 2
        for place in (0, 1):
            names = sorted({key[place] for key in cells})
            means = [np.mean([v for k, v in cells.items() if k[place] == name]) for name in names]
            error = np.std(means, ddof=1) / math.sqrt(len(names))
            assert half >= stdtrit(len(names) - 1, 0.975) * error - 1e-9

    @pytest.mark.parametrize("seeds", [2, 3, 5])
    @pytest.mark.parametrize("languages", [2, 10])
    @pytest.mark.parametrize("spread", [(1, 0.2, 0.3), (0.2, 1, 0.3)], ids=["languages", "seeds"])
    def test_covers_as_often_as_it_says(self, seeds, languages, spread):
        """In worlds without an effect the interval holds zero in at least 94 of 100.

        These cells are the narrow ones; 600 worlds tell 0.94 from the 0.90 of a t with pooled
        degrees of freedom. `tests/benchmarks/coverage.py` has every cell, with 6,000.
        """
        random = np.random.default_rng(seeds * 100 + languages)
        held = 0
        for _ in range(600):
            table = (
                random.normal(0, spread[0], (languages, 1))
                + random.normal(0, spread[1], (1, seeds))
                + random.normal(0, spread[2], (languages, seeds))
            )
            found = estimate({(f"l{i:02}", j): v for (i, j), v in np.ndenumerate(table)}).interval
            held += found.low <= 0 <= found.high
        assert held / 600 >= 0.93


class TestSmallestP:
    @pytest.mark.parametrize(
        ("seeds", "smallest"), [(1, 1.0), (3, 0.25), (5, 0.0625), (6, 0.03125)]
    )
    def test_all_of_one_sign_and_its_mirror(self, seeds, smallest):
        """Of the ways to flip the signs, counted one by one, two are as extreme as all alike."""
        sums = [abs(sum(signs)) for signs in itertools.product((-1, 1), repeat=seeds)]
        assert smallest_p(seeds) == sums.count(seeds) / len(sums) == smallest
