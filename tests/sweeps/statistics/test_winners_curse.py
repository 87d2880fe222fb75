"""What choosing overstates, and what it gains."""

from __future__ import annotations

import numpy as np
import pytest

from sweeps.statistics.crossed import Statement
from sweeps.statistics.winners_curse import expected_overstatement, honest_gain
from tests.sweeps.statistics.worlds import as_cells


def plans(random, truth, seeds=3, languages=4, noise=1.0, correlation=0.8):
    """Dev and test cells by plan; noise of one seed is in all languages, in dev and test alike."""
    dev, test = {}, {}
    for name, gain in truth.items():
        both = noise * random.multivariate_normal(
            [0, 0], [[1, correlation], [correlation, 1]], size=seeds
        )
        rest = 0.2 * random.normal(size=(2, languages, seeds))
        dev[name] = as_cells(gain + both[:, 0] + rest[0])
        test[name] = as_cells(gain + both[:, 1] + rest[1])
    return dev, test


class TestHonestGain:
    def test_without_a_difference_choosing_gains_nothing(self):
        """Twelve plans alike: the chosen one looks good, and on a seed left out is not."""
        random = np.random.default_rng(0)
        truth = dict.fromkeys("abcdefghijkl", 0.0)
        found = [honest_gain(*plans(random, truth)) for _ in range(150)]
        assert np.mean([one.looks for one in found]) > 0.5
        assert abs(np.mean([one.estimate.mean for one in found])) < 0.15

    def test_the_interval_knows_that_choices_go_together(self):
        """Each two choices share seeds: a plain t of the left-out seeds is too narrow."""
        random = np.random.default_rng(0)
        truth = dict.fromkeys("abcdefghijkl", 0.0)
        found = []
        for _ in range(250):
            dev, test = plans(random, truth, seeds=5, languages=2)
            found.append(honest_gain(dev, test, statement=Statement.THESE).estimate)
        assert np.mean([one.interval.holds_zero for one in found]) >= 0.92
        # What it would be without: two thirds of the width with five seeds.
        plain = [abs(one.mean) <= one.half_width / 1.5 for one in found]
        assert np.mean(plain) < 0.92

    def test_a_plan_that_stands_out_is_its_own_gain(self):
        """All choices agree, and nothing is overstated."""
        found = honest_gain(*plans(np.random.default_rng(1), {"a": 0, "b": 9.0, "c": 1}))
        assert (found.chosen, found.agreement, found.plans) == ("b", 12, 3)
        assert found.overstated == pytest.approx(0)

    def test_the_seed_left_out_does_not_choose(self):
        """Its own dev would have chosen the other plan."""
        dev = {
            "a": {("x", 0): 5.0, ("x", 1): 0.0, ("x", 2): 0.0},
            "b": {("x", 0): 0.0, ("x", 1): 1.0, ("x", 2): 1.0},
        }
        found = honest_gain(dev, dev, statement=Statement.THESE)
        assert found.choices == {("x", 0): "b", ("x", 1): "a", ("x", 2): "a"}
        assert found.estimate.mean == 0.0
        assert found.overstated == pytest.approx(5 / 3)

    def test_nor_does_the_language_of_languages_like_these(self):
        """A plan that suits one language is not better in another."""
        dev = {
            "a": {(n, s): 9.0 * (n == "x") for n in "xyz" for s in range(3)},
            "b": {(n, s): 1.0 * (n != "x") for n in "xyz" for s in range(3)},
        }
        these, like = (honest_gain(dev, dev, statement=one) for one in reversed(Statement))
        assert (these.estimate.mean, these.agreement) == (3.0, 9)
        by_language = {cell[0]: plan for cell, plan in like.choices.items()}
        assert by_language == {"x": "b", "y": "a", "z": "a"}
        assert (like.estimate.mean, like.overstated) == (0.0, 3.0)

    def test_the_one_language_that_chooses_is_not_shown(self):
        """Chosen on English alone: of English there is nothing that did not choose."""
        dev = {"a": {("en", s): 1.0 + s for s in range(3)}, "b": {("en", s): 0.0 for s in range(3)}}
        test = {
            plan: {(n, s): v for (_, s), v in own.items() for n in ("en", "fi", "sw")}
            for plan, own in dev.items()
        }
        found = honest_gain(dev, test)
        assert {language for language, _ in found.choices} == {"fi", "sw"}
        assert (found.estimate.languages, found.estimate.missing) == (2, ())
        assert honest_gain(dev, dev).obstacle == "one language"

    def test_the_baseline_can_be_chosen(self):
        """With a gain of 0, on seeds where nothing else does better."""
        cells = {
            "a": {("x", 0): 9.0, ("x", 1): -1.0, ("x", 2): -1.0},
            "none": {("x", n): 0.0 for n in range(3)},
        }
        found = honest_gain(cells, cells, statement=Statement.THESE)
        assert found.choices == {("x", 0): "none", ("x", 1): "a", ("x", 2): "a"}
        assert found.estimate.mean == pytest.approx(-2 / 3)

    def test_one_seed_says_nothing(self):
        """There is no seed that did not choose."""
        found = honest_gain({"a": {("x", 0): 1.0}}, {"a": {("x", 0): 1.0}})
        assert (found.estimate, found.overstated, found.looks) == (None, None, 1.0)

    def test_a_plan_without_test_is_named(self):
        """It could not be shown if it were chosen."""
        cells = {("x", 0): 1.0, ("x", 1): 2.0}
        assert honest_gain({"a": cells, "b": cells}, {"a": cells}).left_out == ("b",)

    def test_plans_without_a_common_cell_cannot_be_compared(self):
        """Other seeds, other luck."""
        with pytest.raises(ValueError, match="nothing to choose"):
            honest_gain(one := {"a": {("x", 0): 1.0}, "b": {("x", 1): 1.0}}, one)


class TestExpectedOverstatement:
    @pytest.mark.parametrize(
        ("plans_", "largest"), [(1, 0.0), (2, 0.5642), (10, 1.5388), (20, 1.8675)]
    )
    def test_the_largest_of_n_normal_values(self, plans_, largest):
        """Tabled: David and Nagaraja (2003), table of expected order statistics."""
        assert expected_overstatement(1.0, plans_, 1) == pytest.approx(largest, abs=1e-4)
        assert expected_overstatement(2.0, plans_, 4, 0.5) == pytest.approx(largest / 2, abs=1e-4)
