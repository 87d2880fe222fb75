"""Variances of a pilot, power, and the smallest gain to be found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nct, t

from sweeps.statistics.crossed import Statement, spread_of
from sweeps.statistics.power import (
    Components,
    Design,
    components,
    detectable_gain,
    languages_needed,
    power,
    seeds_needed,
)
from tests.sweeps.statistics.worlds import as_cells, world

SPREADS = {"languages": (1.0, 0.2, 0.3), "seeds": (0.2, 1.0, 0.3), "all": (1.0, 1.0, 1.0)}


def of(spread: tuple[float, float, float]) -> Components:
    return Components(*(one**2 for one in spread), 0, 0)


class TestComponents:
    def test_a_textbook_table(self):
        """Two languages, two seeds, by hand: mean squares 16, 4 and 1."""
        found = components({("a", 0): 0.0, ("a", 1): 3.0, ("b", 0): 5.0, ("b", 1): 6.0})
        assert (found.language, found.seed, found.together) == pytest.approx((7.5, 1.5, 1.0))

    def test_right_on_average(self):
        """Over many pilots the variances are those of the world (none of them near 0)."""
        random = np.random.default_rng(0)
        found = [components(as_cells(one)) for one in world(random, 12, 8, (2, 2, 1), 0, 300)]
        means = np.mean([(one.language, one.seed, one.together) for one in found], axis=0)
        assert means == pytest.approx((4, 4, 1), rel=0.15)

    def test_a_gap_leaves_out_its_language_or_seed_and_says_so(self):
        """Whichever is the smaller loss; the other cells of it are named."""
        cells = as_cells(np.arange(12.0).reshape(4, 3))
        del cells["l00", 2]
        found = components(cells)
        assert (found.languages, found.seeds) == (3, 3)
        assert found.left_out == (("l00", 0), ("l00", 1))
        del cells["l01", 2]
        found = components(cells)
        assert (found.languages, found.seeds) == (4, 2)
        assert found.left_out == (("l02", 2), ("l03", 2))

    def test_not_from_one_language_or_seed(self):
        """There is no spread to see."""
        assert components({("a", 0): 1.0, ("a", 1): 2.0}) is None
        assert components({("a", 0): 1.0, ("b", 0): 2.0}) is None

    def test_upper_bounds_hold_as_often_as_they_say(self):
        """The mean square of noise at its upper 80 % bound is above the truth in 80 of 100."""
        random = np.random.default_rng(0)
        pilots = world(random, 4, 3, (0, 0, 1), 0, 500)
        held = [components(as_cells(one), upper=0.8).together >= 1 for one in pilots]
        assert np.mean(held) == pytest.approx(0.8, abs=0.05)


class TestPower:
    def test_with_one_spread_it_is_the_noncentral_t(self):
        """These languages: a t of the seeds' means, whose power is known."""
        spread, design = of((0, 1, 0)), Design(4, 5, Statement.THESE)
        for gain in (0.5, 1.5, 3.0):
            wanted = nct.sf(t.ppf(0.975, 4), 4, gain / np.sqrt(1 / 5))
            assert power(spread, gain, design) == pytest.approx(wanted, abs=0.003)

    @pytest.mark.parametrize("spread", SPREADS.values(), ids=SPREADS)
    @pytest.mark.parametrize("statement", Statement)
    @pytest.mark.parametrize("wanted", [0.3, 0.6, 0.9])
    def test_what_is_stated_is_what_is_found(self, spread, statement, wanted):
        """In 4,000 simulated studies of the gain that it states, within two points."""
        design = Design(5, 4, statement)
        gain = detectable_gain(of(spread), design, wanted)
        random = np.random.default_rng(2)
        if statement == Statement.THESE:
            # What these languages add is part of their gain.
            spread = (0, *spread[1:])
        tables = world(random, design.languages, design.seeds, spread, gain, 4000)
        reach = spread_of(tables).reach(0.05, statement)
        assert np.mean(tables.mean((1, 2)) > reach) == pytest.approx(wanted, abs=0.025)

    def test_not_of_a_study_that_has_no_interval(self):
        """One seed shows nothing; one language nothing of languages like it."""
        assert power(of((1, 1, 1)), 9.0, Design(5, 1)) is None
        assert power(of((1, 1, 1)), 9.0, Design(1, 5)) is None
        assert detectable_gain(of((1, 1, 1)), Design(1, 5)) is None
        assert power(of((1, 1, 1)), 9.0, Design(1, 5, Statement.THESE)) > 0.9


class TestNeeded:
    def test_the_fewest_that_do(self):
        """One seed fewer has less power than was wanted."""
        spread, design = of((0.2, 1, 0.3)), Design(10, 0)
        seeds = seeds_needed(spread, 1.5, design)
        assert power(spread, 1.5, Design(10, seeds)) >= 0.8
        assert power(spread, 1.5, Design(10, seeds - 1)) < 0.8

    def test_no_number_of_seeds_makes_up_for_languages(self):
        """Two languages that differ by as much as the gain are never enough."""
        assert seeds_needed(of((1, 0.2, 0.3)), 1.0, Design(2, 0)) is None
        assert languages_needed(of((1, 0.2, 0.3)), 1.0, Design(0, 5)) is not None
