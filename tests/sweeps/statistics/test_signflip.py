"""Sign flips over seeds, and what few seeds cannot tell."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.statistics.limits import ADVISED_SEEDS, out_of_reach
from sweeps.statistics.signflip import sign_flips, smallest_p


class TestSignFlips:
    @given(st.lists(st.integers(-20, 20), min_size=2, max_size=7))
    @settings(max_examples=25, deadline=None)
    def test_p_is_the_share_of_signs_as_extreme(self, gains):
        """Counted one by one, in whole numbers."""
        sums = [
            abs(sum(sign * gain for sign, gain in zip(signs, gains, strict=True)))
            for signs in itertools.product((-1, 1), repeat=len(gains))
        ]
        wanted = sum(each >= abs(sum(gains)) for each in sums) / len(sums)
        found = sign_flips({("sw", seed): float(gain) for seed, gain in enumerate(gains)})
        assert found.p == pytest.approx(wanted)
        assert found.p >= found.smallest

    def test_languages_are_averaged_first(self):
        """One model, one sign: its languages are flipped together."""
        gains = {(language, seed): 1.0 + seed for language in "abcdefgh" for seed in range(3)}
        found = sign_flips(gains)
        assert (found.p, found.smallest, found.languages) == (0.25, 0.25, 8)

    def test_a_gap_has_no_p(self):
        """Seeds whose means are of other languages cannot be flipped for each other."""
        found = sign_flips({("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 4.0})
        assert (found.p, found.complete, found.mean) == (None, False, 3.0)

    def test_one_seed_has_no_p(self):
        """Nothing is known of another one."""
        assert sign_flips({("a", 0): 1.0}).p is None

    def test_nothing_to_test(self):
        """No cells is the caller's mistake."""
        with pytest.raises(ValueError, match="nothing to test"):
            sign_flips({})

    def test_never_too_often_without_an_effect(self):
        """With six seeds p is at most 0.05 in no more than 5 of 100 worlds without an effect."""
        random = np.random.default_rng(1)
        p = [
            sign_flips({("a", n): float(v) for n, v in enumerate(random.laplace(size=6))}).p
            for _ in range(400)
        ]
        assert np.mean(np.array(p) <= 0.05) <= 0.05


class TestSmallestP:
    @pytest.mark.parametrize(
        ("seeds", "smallest"), [(1, 1.0), (3, 0.25), (5, 0.0625), (6, 0.03125)]
    )
    def test_all_of_one_sign_and_its_mirror(self, seeds, smallest):
        """Of the ways to flip the signs, counted one by one, two are as extreme as all alike."""
        sums = [abs(sum(signs)) for signs in itertools.product((-1, 1), repeat=seeds)]
        assert smallest_p(seeds) == sums.count(seeds) / len(sums) == smallest


class TestOutOfReach:
    def test_three_seeds_reject_nothing_by_sign_flips(self):
        """And the sentence has the number."""
        assert any("0.25" in one for one in out_of_reach(3, 10))

    def test_one_of_each_has_no_interval(self):
        """Neither other seeds nor other languages."""
        said = out_of_reach(1, 1)
        assert len(said) == 2
        assert all("no interval" in one for one in said)

    def test_enough_is_silent(self):
        """Six seeds in two languages leave nothing to be said."""
        assert out_of_reach(6, 2) == ()

    def test_the_advice_is_five(self):
        """Below it the interval's freedom is named."""
        assert any("freedom" in one for one in out_of_reach(ADVISED_SEEDS - 1, 3))
        assert not any("freedom" in one for one in out_of_reach(ADVISED_SEEDS, 3))
