"""Means and intervals over languages and seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit
from scipy.stats import ttest_1samp

from sweeps.statistics.crossed import LEAST_P, Statement, estimate, spread_of

points = st.floats(-50, 50, allow_nan=False)


@st.composite
def tables(draw, fewest=1):
    """Values by language and seed, at least `fewest` of each; of two and more, not all alike."""
    languages = draw(st.integers(fewest, 5))
    seeds = draw(st.integers(fewest, 4))
    values = draw(st.lists(points, min_size=languages * seeds, max_size=languages * seeds))
    table = np.array(values).reshape(languages, seeds)
    assume(fewest < 2 or min(np.ptp(table.mean(0)), np.ptp(table.mean(1))) > 1e-6)
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

    @pytest.mark.parametrize("statement", Statement)
    def test_equal_values_say_nothing_of_others(self, statement):
        """Scores are counts of few examples: that they are all the same is no certainty."""
        cells = {(language, seed): 2.1 / 7 for language in "abc" for seed in (0, 1)}
        found = estimate(cells, statement=statement)
        assert (found.interval, found.p, found.obstacle) == (None, None, "no spread")
        assert found.interval_text == "not estimable (no spread)"

    def test_means_that_are_equal_by_chance_are_no_certainty(self):
        """Each language's and each seed's mean is 2; the cells are not."""
        cells = {("sw", 0): 2.5, ("sw", 1): 1.5, ("yo", 0): 1.5, ("yo", 1): 2.5}
        assert estimate(cells).half_width == pytest.approx(stdtrit(1, 0.975) * 0.5)

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

    @given(tables(fewest=2))
    @settings(max_examples=40, deadline=None)
    def test_bounds_add_as_variances_do(self, cells):
        """Less one share of what language and seed do together, by analysis of variance; and never
        less than that by itself."""
        languages, seeds = (sorted({key[at] for key in cells}) for at in (0, 1))
        table = np.array([[cells[n, s] for s in seeds] for n in languages])
        rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
        squares = [stdtrit(len(names) - 1, 0.975) ** 2 for names in (languages, seeds)]
        bounds = [
            square * table.mean(axis).var(ddof=1) / len(names)
            for axis, names, square in zip((1, 0), (languages, seeds), squares, strict=True)
        ]
        freedom = (len(languages) - 1) * (len(seeds) - 1)
        together = (rest**2).sum() / freedom / table.size
        least = stdtrit(freedom, 0.975) ** 2 * together
        wanted = math.sqrt(max(*bounds, sum(bounds) - min(squares) * together, least))
        assert estimate(cells).half_width == pytest.approx(wanted, abs=1e-9)

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


class TestStatements:
    @given(tables(fewest=2))
    @settings(max_examples=30, deadline=None)
    def test_these_languages_is_a_t_of_the_seeds(self, cells):
        """With the languages fixed only seeds are drawn: scipy's own interval of their means."""
        seeds = sorted({seed for _, seed in cells})
        means = [np.mean([v for (_, s), v in cells.items() if s == seed]) for seed in seeds]
        found = estimate(cells, 0.9, Statement.THESE)
        assume(np.ptp(means) > 1e-9)
        reference = ttest_1samp(means, 0)
        bounds = reference.confidence_interval(0.9)
        assert (found.interval.low, found.interval.high) == pytest.approx(tuple(bounds))
        assert found.p == pytest.approx(max(reference.pvalue, LEAST_P), rel=1e-6)

    @given(tables(fewest=2))
    @settings(max_examples=30, deadline=None)
    def test_languages_like_these_is_never_the_narrower(self, cells):
        """To speak of other languages as well is to be less sure."""
        wide, narrow = (estimate(cells, statement=one).half_width for one in Statement)
        assert wide >= narrow - 1e-9

    def test_one_language_speaks_of_itself(self):
        """Of languages like it nothing is known; of itself two seeds tell something."""
        cells = {("sw", 0): 1.0, ("sw", 1): 2.0}
        assert estimate(cells).obstacle == "one language"
        assert estimate(cells, statement=Statement.THESE).interval is not None
        assert estimate({("sw", 0): 1.0}, statement=Statement.THESE).obstacle == "one seed"

    def test_a_language_seen_once_says_nothing_of_other_seeds(self):
        """Its seed cannot be left out without leaving out the language."""
        found = estimate({("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 4.0}, statement=Statement.THESE)
        assert (found.interval, found.obstacle) == (None, "a language with one seed")

    def test_missing_cells_are_named(self):
        """What was not there is said, and the mean is of what was."""
        found = estimate({("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 4.0})
        assert found.missing == (("b", 1),)


class TestP:
    @given(tables(fewest=2), st.floats(0.5, 0.999), st.sampled_from(Statement))
    @settings(max_examples=60, deadline=None)
    def test_p_and_interval_say_the_same(self, cells, level, statement):
        """Below 1 - level exactly where the interval leaves out zero."""
        found = estimate(cells, level, statement)
        if abs(abs(found.mean) - found.half_width) > 1e-9:
            assert (found.p < 1 - level) == (not found.interval.holds_zero)
            assert (found.shown != 0) == (found.p < 1 - level)

    @given(tables(fewest=2))
    @settings(max_examples=20, deadline=None)
    def test_a_higher_level_is_wider(self, cells):
        """And the level asked for is the one that is had."""
        found = estimate(cells)
        half = [found.at(level).high - found.mean for level in (0.5, 0.8, 0.95, 0.99)]
        assert half == sorted(half)
        assert found.at(0.95) == found.interval

    def test_no_interval_no_p(self):
        """What cannot be estimated cannot be tested."""
        found = estimate({("a", 0): 1.0})
        assert (found.p, found.at(0.9), found.shown) == (None, None, 0)

    def test_level_is_between_nothing_and_certainty(self):
        """A level of one would be an interval without end."""
        with pytest.raises(ValueError, match="level"):
            estimate({("a", 0): 1.0}, level=1.0)

    @given(tables(fewest=2))
    @settings(max_examples=20, deadline=None)
    def test_many_tables_at_once_are_each_as_alone(self, cells):
        """What benchmarks measure is what reports show."""
        languages = sorted({language for language, _ in cells})
        table = np.array(
            [[v for (each, _), v in sorted(cells.items()) if each == one] for one in languages]
        )
        many = spread_of(np.stack([table, 2 * table]))
        alone = estimate(cells)
        assert many.reach(0.05)[0] == pytest.approx(alone.half_width)
        assert many.p_value(np.array([alone.mean, 2 * alone.mean])) == pytest.approx(alone.p)
