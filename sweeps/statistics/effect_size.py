"""Effect size of paired gains: the mean gain in units of its own spread.

Source: Hedges (1981), Distribution theory for Glass's estimator of effect size, Journal of
Educational Statistics 6 (the small-sample correction, exact with gamma functions); paired, in units
of the spread of differences ("d_z"): Lakens (2013), Frontiers in Psychology 4; its interval by the
noncentral t: Cumming and Finch (2001), Educational and Psychological Measurement 61.

Units are seeds (their means over these languages) or languages (their means over these seeds).
Points say more: an effect size grows when noise shrinks, as with larger test sets, so it is not
compared between targets whose noise differs. Not from two units: with one degree of freedom the
corrected size is nothing, whatever was seen, so it is not estimable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from sweeps.statistics.cells import Cells, as_table
from sweeps.statistics.crossed import LEVEL, Interval

FEWEST = 3
POINTS = 2000


class Unit(StrEnum):
    """Whose spread is the unit."""

    SEEDS = "seeds"
    LANGUAGES = "languages"


@dataclass(frozen=True)
class EffectSize:
    """Hedges' g of `n` paired gains; None where it cannot be estimated.

    With fewer than three units, without any spread, or with gaps (means of other cells).
    """

    value: float | None
    interval: Interval | None
    n: int
    unit: Unit


def effect_size(cells: Cells, unit: Unit = Unit.SEEDS, level: float = LEVEL) -> EffectSize:
    """The standardised gain of `cells`, gains by (language, seed).

    Raises:
        ValueError: there are no cells.
    """
    import numpy as np

    if not cells:
        raise ValueError("nothing to estimate")
    means = as_table(cells).mean(axis=0 if unit == Unit.SEEDS else 1)
    n = len(means)
    spread = float(means.std(ddof=1)) if n >= FEWEST else 0.0
    # Rounding alone is no spread.
    if n < FEWEST or not spread > 1e-12 * float(np.abs(means).max()):
        return EffectSize(None, None, n, unit)
    size, correction = float(means.mean()) / spread, small_sample_correction(n - 1)
    low, high = _noncentral(size * math.sqrt(n), n - 1, level)
    scale = correction / math.sqrt(n)
    return EffectSize(size * correction, Interval(low * scale, high * scale, level), n, unit)


def small_sample_correction(freedom: int) -> float:
    """What a standardised mean is multiplied by to be right on average (Hedges 1981, equation 6e).

    1 - 3 / (4 freedom - 1), nearly; 0 with one degree of freedom.
    """
    if freedom < 2:
        return 0.0
    logs = math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)
    return math.exp(logs) / math.sqrt(freedom / 2)


def _noncentral(statistic: float, freedom: int, level: float) -> tuple[float, float]:
    """The noncentralities under which `statistic` is just not too high, and just not too low.

    The noncentral t as a mean of normals over the chi-square's quantiles: scipy's own
    (`nctdtr`) is not a number far out, where large effects are.
    """
    import numpy as np
    from scipy.optimize import brentq  # type: ignore[import-untyped]
    from scipy.special import chdtri, ndtr  # type: ignore[import-untyped]

    middles = (np.arange(POINTS) + 0.5) / POINTS
    scaled = statistic * np.sqrt(chdtri(freedom, middles) / freedom)
    reach = 10.0 + 10.0 * abs(statistic)

    def root(probability: float) -> float:
        bounds = statistic - reach, statistic + reach
        return float(brentq(lambda shift: ndtr(scaled - shift).mean() - probability, *bounds))

    error = (1 - level) / 2
    return root(1 - error), root(error)
