"""Means and intervals over languages and seeds. Pure; numpy only. Used by `tables`.

Languages and seeds are crossed: one trained model, with one seed, is scored in every language. So
whole languages and whole seeds are drawn, never cells one by one (Owen 2007), one level at a time:
languages with the seeds as they are, seeds with the languages as they are. Each level's variance
is freed of the bootstrap's small-sample bias (n things drawn with replacement show (n - 1)/n of
the variance of their mean: Hesterberg 2015, "narrowness bias"); the sum, with Satterthwaite's
degrees of freedom, gives the interval. In simulated worlds with 2 to 10 languages and 1 to 5 seeds
it covers in 93 to 99 of 100: more than promised where languages and seeds do not differ at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlt_core.vocabulary.fingerprint import derived_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 2_000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where the mean lies with `level` confidence; same unit as the values."""

    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True)
class Estimate:
    """A mean over languages of the mean over seeds, how many of each, and its interval.

    `interval` is None where it cannot be estimated: with one language.
    """

    mean: float
    languages: int
    seeds: int
    interval: Interval | None


def estimate(cells: Mapping[tuple[str, int], float], name: str, draws: int = DRAWS) -> Estimate:
    """Mean and interval of `cells`, values by (language, seed); a cell may be missing.

    Args:
        cells: percent points by language and seed.
        name: what is estimated; seeds the draws, so that equal data have equal intervals.

    Raises:
        ValueError: there are no cells.
    """
    if not cells:
        raise ValueError("nothing to estimate")
    languages = sorted({language for language, _ in cells})
    seeds = sorted({seed for _, seed in cells})
    table = _table(cells, languages, seeds)
    centre = _mean(table)
    interval = None
    if len(languages) > 1:
        reach = _reach(table, name, draws)
        interval = Interval(centre - reach, centre + reach)
    return Estimate(centre, len(languages), len(seeds), interval)


def _table(
    cells: Mapping[tuple[str, int], float], languages: list[str], seeds: list[int]
) -> NDArray[Any]:
    """Values as [language, seed], NaN where missing."""
    import numpy as np

    table = np.full((len(languages), len(seeds)), np.nan)
    for (language, seed), value in cells.items():
        table[languages.index(language), seeds.index(seed)] = value
    return table


def _mean(table: NDArray[Any]) -> float:
    """The unweighted mean over languages of the mean over seeds."""
    import numpy as np

    return float(np.nanmean(table, axis=1).mean())


def _reach(table: NDArray[Any], name: str, draws: int) -> float:
    """Half the width of the interval: Student's t times the standard error of both levels."""
    languages, seeds = table.shape
    levels = [(_variance(table, name, draws, by="language"), languages - 1)]
    if seeds > 1:
        levels.append((_variance(table, name, draws, by="seed"), seeds - 1))
    total = math.fsum(variance for variance, _ in levels)
    if total <= 0:
        return 0.0
    freedom = 1 / math.fsum((variance / total) ** 2 / own for variance, own in levels)
    return float(_t_quantile(LEVEL, freedom) * math.sqrt(total))


def _variance(table: NDArray[Any], name: str, draws: int, by: str) -> float:
    """Variance of the mean when languages (or seeds) are drawn anew, its bias removed."""
    import numpy as np

    count = int(table.shape[0 if by == "language" else 1])
    means = bootstrap_means(table, f"{name}/{by}", draws, by)
    return float(np.var(means)) * count / (count - 1)


def bootstrap_means(table: NDArray[Any], name: str, draws: int, by: str) -> NDArray[Any]:
    """Means of `draws` tables with languages (or seeds) drawn with replacement; shape [draws]."""
    import numpy as np

    random = np.random.default_rng(derived_seed("bootstrap", name))
    count = int(table.shape[0 if by == "language" else 1])
    times = random.multinomial(count, np.full(count, 1 / count), draws)
    if by == "language":
        return np.asarray(times @ np.nanmean(table, axis=1) / count)
    present = ~np.isnan(table)
    number = times @ present.T
    total = times @ np.where(present, table, 0.0).T
    # A language none of whose seeds was drawn is left out of that draw's mean.
    means = np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)
    return np.asarray(np.nanmean(means[(number > 0).any(axis=1)], axis=1))


def _t_quantile(level: float, freedom: float) -> float:
    """Two-sided quantile of Student's t with `freedom` degrees of freedom."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(freedom, 0.5 + level / 2))
