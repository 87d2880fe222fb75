"""Order effects, pair by pair."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from sweeps.statistics.precedence import order_effects
from tests.sweeps.statistics.worlds import as_cells, world

OWN = {"a": 1.0, "b": -2.0, "c": 0.5, "d": 0.0}


def plans(effects, sizes=(2, 3), noise=0.05, seeds=4, drop=()):
    """Every order of every set of tasks, with what each task adds and what orders add."""
    random = np.random.default_rng(0)
    common = world(random, 4, seeds, (1, 1, 0))[0]
    found = {}
    for size in sizes:
        for names in combinations(OWN, size):
            for order in permutations(names):
                gain = sum(OWN[name] for name in order)
                for (first, second), effect in effects.items():
                    if first in order and second in order:
                        gain += effect * (order.index(first) < order.index(second))
                table = gain + common + noise * random.normal(size=common.shape)
                if order not in drop:
                    found[order] = as_cells(table)
    return found


class TestOrderEffects:
    def test_the_planted_one_is_found_and_no_other(self):
        """Six pairs, one with an effect; what tasks themselves add falls out, and what goes along.

        In all orders of a, b and c, a before b goes along with a before c.
        """
        found = order_effects(plans({("a", "c"): 1.5}))
        assert {pair for pair, one in found.pairs.items() if one.line.shown} == {("a", "c")}
        assert found.pairs["a", "c"].line.estimate.mean == pytest.approx(1.5, abs=0.1)
        assert found.pairs["a", "c"].line.tests == 6

    def test_several_are_each_their_own(self):
        """Effects that add up are told apart."""
        planted = {("a", "b"): 1.0, ("c", "a"): 0.5, ("b", "d"): -2.0}
        found = {
            pair: one.line.estimate.mean
            for pair, one in order_effects(plans(planted)).pairs.items()
        }
        wanted = dict.fromkeys(found, 0.0) | {("a", "b"): 1.0, ("a", "c"): -0.5, ("b", "d"): -2.0}
        assert found == pytest.approx(wanted, abs=0.1)

    def test_a_set_with_orders_left_out_still_tells(self):
        """Whatever its tasks add together: a set's own mean is taken out first."""
        planted = {("a", "b"): 1.0}
        found = order_effects(
            plans(planted, drop={("b", "c", "a"), ("b", "d", "a"), ("c", "b", "a")})
        )
        effects = {pair: one.line.estimate.mean for pair, one in found.pairs.items()}
        assert effects == pytest.approx(dict.fromkeys(effects, 0.0) | planted, abs=0.1)

    def test_sets_and_plans_are_counted(self):
        """a and b stand in one set of two and two of three, in two and six orders each."""
        one = order_effects(plans({})).pairs["a", "b"]
        assert (one.sets, one.plans) == (3, 2 + 6 + 6)

    def test_a_set_tried_in_one_order_says_nothing(self):
        """A pair without a set in both orders is named."""
        found = order_effects(plans({}, sizes=(2,), drop={("b", "a")}))
        assert found.not_estimable == (("a", "b"),)
        assert ("a", "b") not in found.pairs

    def test_what_cannot_be_told_apart_is_not_estimated(self):
        """Of a > b > c and its reverse nobody knows which of three orders it was."""
        both = {order: plans({})[order] for order in [("a", "b", "c"), ("c", "b", "a")]}
        found = order_effects(both)
        assert (found.pairs, len(found.not_estimable)) == ({}, 3)

    def test_a_task_twice_is_left_out_and_named(self):
        """Neither before nor after."""
        cells = plans({}, sizes=(2,))
        cells["a", "b", "a"] = cells["a", "b"]
        assert order_effects(cells).repeated == (("a", "b", "a"),)

    def test_a_cell_that_one_plan_lacks_is_missing(self):
        """All pairs are told apart together, on the cells that all plans have."""
        cells = plans({}, sizes=(2,))
        del cells["a", "b"]["l00", 0]
        found = order_effects(cells).pairs
        assert all(one.line.estimate.missing == (("l00", 0),) for one in found.values())
