"""Standardised paired gains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nct

from sweeps.statistics.effect_size import Unit, effect_size, small_sample_correction


def seeds(values) -> dict[tuple[str, int], float]:
    return {("sw", seed): float(value) for seed, value in enumerate(values)}


class TestEffectSize:
    def test_hedges_own_correction(self):
        """His table 1: c(2) = 0.5642, c(9) = 0.9139, c(50) = 0.9849."""
        found = [small_sample_correction(freedom) for freedom in (2, 9, 50)]
        assert found == pytest.approx([0.5642, 0.9139, 0.9849], abs=2e-4)

    def test_right_on_average(self):
        """Five seeds, a true size of 1: uncorrected it would be 1.25."""
        random = np.random.default_rng(0)
        found = [effect_size(seeds(1 + random.normal(size=5))).value for _ in range(400)]
        assert np.mean(found) == pytest.approx(1, abs=0.1)

    def test_the_interval_holds_the_truth(self):
        """In 95 of 100 worlds, at sizes of 0 and 1.5; the correction moves it a little."""
        random = np.random.default_rng(0)
        for true in (0.0, 1.5):
            held = []
            for _ in range(200):
                found = effect_size(seeds(true + random.normal(size=6)))
                scale = small_sample_correction(5)
                held.append(found.interval.low <= true * scale <= found.interval.high)
            assert np.mean(held) == pytest.approx(0.95, abs=0.05)

    def test_the_interval_is_that_of_the_noncentral_t(self):
        """Under each bound what was seen is just too high or too low: scipy's distribution."""
        found = effect_size(seeds([1.0, 2.0, 0.5, 1.5]))
        factor = small_sample_correction(3) / 2
        statistic = found.value / factor
        low, high = (bound / factor for bound in (found.interval.low, found.interval.high))
        assert nct.cdf(statistic, 3, low) == pytest.approx(0.975, abs=1e-3)
        assert nct.cdf(statistic, 3, high) == pytest.approx(0.025, abs=1e-3)

    def test_by_language_or_by_seed(self):
        """The spread is that of the unit's own means."""
        cells = {
            (n, s): g + 0.1 * s for n, g in zip("abcd", (1, 2, 3, 4), strict=True) for s in range(3)
        }
        by_seed, by_language = effect_size(cells), effect_size(cells, Unit.LANGUAGES)
        assert (by_seed.n, by_language.n) == (3, 4)
        assert by_language.value == pytest.approx(
            2.6 / np.std([1, 2, 3, 4], ddof=1) * 0.7236, abs=1e-3
        )
        assert by_seed.value > by_language.value

    def test_not_estimable(self):
        """Two seeds, no spread, or gaps."""
        assert effect_size(seeds([1, 2])).value is None
        assert effect_size(seeds([2, 2, 2])).value is None
        gaps = {("a", 0): 1.0, ("a", 1): 2.0, ("a", 2): 4.0, ("b", 0): 1.0}
        assert effect_size(gaps).interval is None
        with pytest.raises(ValueError, match="nothing"):
            effect_size({})
