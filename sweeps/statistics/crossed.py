"""Means and intervals over crossed languages and seeds. Pure; numpy and scipy only.

Languages and seeds are crossed: one trained model, with one seed, is scored in every language. So
the mean has two sources of doubt, other languages of the family and other seeds, each known with
freedom of its own: n things tell their spread with n - 1 degrees. The two are bounded one by one,
each with its own Student's t, and the bounds are added as variances are. A single t with pooled
degrees of freedom (Satterthwaite 1946) promises too much where the one spread that matters has one
or two degrees and happens to look small: with two seeds it covered 90 of 100.

What language and seed do together (their interaction, and plain noise) stands in both spreads, so
one share of it is taken off again (Searle, Casella and McCulloch 1992, section 4.3, expected mean
squares of the two-way crossed model), never below what either source alone would give. Coverage
and width in simulated worlds: `tests/benchmarks/coverage.py`. Not for values whose spread comes
from a few far outliers: a t from three or five seeds cannot know of a tail it has not seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

LEVEL = 0.95
ADVISED_SEEDS = 5


@dataclass(frozen=True)
class Interval:
    """Where the mean lies with `level` confidence; same unit as the values."""

    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True)
class Estimate:
    """A mean over languages of the mean over seeds, how many of each, and its interval.

    `interval` is None where it cannot be estimated: one language says nothing of its family's
    others, one seed nothing of other seeds.
    """

    mean: float
    languages: int
    seeds: int
    interval: Interval | None

    @property
    def half_width(self) -> float | None:
        """Half of the interval, which is as long on either side; None without one."""
        return None if self.interval is None else self.interval.high - self.mean

    @property
    def interval_text(self) -> str:
        """The interval in words, or why there is none."""
        if self.interval is None:
            return f"not estimable (one {'language' if self.languages == 1 else 'seed'})"
        return f"{self.interval.low:+.2f} … {self.interval.high:+.2f}"


def estimate(cells: Mapping[tuple[str, int], float]) -> Estimate:
    """Mean and interval of `cells`, values by (language, seed); a cell may be missing.

    Args:
        cells: percent points by language and seed.

    Raises:
        ValueError: there are no cells.
    """
    if not cells:
        raise ValueError("nothing to estimate")
    table = _table(cells)
    centre = _mean(table)
    languages, seeds = table.shape
    interval = None
    if languages > 1 and seeds > 1:
        reach = _reach(table)
        interval = Interval(centre - reach, centre + reach)
    return Estimate(centre, languages, seeds, interval)


def smallest_p(seeds: int) -> float:
    """The smallest two-sided p that a sign-flip test over `seeds` paired differences can reach.

    All differences of one sign is 1 of the 2^seeds ways to flip them, and its mirror another
    (Fisher's randomisation test, 1935); so three seeds never reach below 0.25.
    """
    return min(1.0, math.ldexp(2.0, -seeds))


def _table(cells: Mapping[tuple[str, int], float]) -> Table:
    """Values as [language, seed], NaN where missing."""
    import numpy as np

    languages = sorted({language for language, _ in cells})
    seeds = sorted({seed for _, seed in cells})
    table = np.full((len(languages), len(seeds)), np.nan)
    for (language, seed), value in cells.items():
        table[languages.index(language), seeds.index(seed)] = value
    return table


def _mean(table: Table) -> float:
    """The unweighted mean over languages of the mean over seeds."""
    import numpy as np

    missing = np.isnan(table)
    if not missing.any():
        return float(table.mean(axis=1).mean())
    there = table[~missing.all(axis=1)]
    return float(np.nanmean(there, axis=1).mean())


def _reach(table: Table) -> float:
    """Half the width of the interval of a table with at least two languages and two seeds."""
    languages, seeds = table.shape
    factors = [_t_squared(languages - 1), _t_squared(seeds - 1)]
    bounds = [factor * _variance(table, axis) for axis, factor in enumerate(factors)]
    shared = min(factors) * _shared_variance(table)
    return math.sqrt(max(*bounds, math.fsum(bounds) - shared))


def _variance(table: Table, axis: int) -> float:
    """Variance of the mean were other languages (axis 0) or seeds (1) drawn.

    By leaving out each in turn: the jackknife (Efron and Stein 1981). In a table without gaps this
    is the variance of the languages' (or seeds') own means, divided by their number.
    """
    import numpy as np

    count = int(table.shape[axis])
    means = [_mean(np.delete(table, n, axis)) for n in range(count)]
    return float(np.var(means)) * (count - 1)


def _shared_variance(table: Table) -> float:
    """The interaction's part in the variance of the mean; 0, the wider choice, with gaps."""
    import numpy as np

    if np.isnan(table).any():
        return 0.0
    languages, seeds = table.shape
    rest = table - table.mean(1, keepdims=True) - table.mean(0, keepdims=True) + table.mean()
    return float((rest**2).sum() / ((languages - 1) * (seeds - 1)) / (languages * seeds))


def _t_squared(freedom: int) -> float:
    """The square of Student's two-sided quantile with `freedom` degrees of freedom."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    quantile = float(stdtrit(freedom, 0.5 + LEVEL / 2))
    return quantile * quantile
