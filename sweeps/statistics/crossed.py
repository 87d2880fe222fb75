"""Means and intervals over crossed languages and seeds. Pure; numpy and scipy only.

Languages and seeds are crossed: one trained model, with one seed, is scored in every language. So
the mean has two sources of doubt, other languages of the family and other seeds, each known with
freedom of its own: n things tell their spread with n - 1 degrees. The two are bounded one by one,
each with its own Student's t, and the bounds are added as variances are. A single t with pooled
degrees of freedom (Satterthwaite 1946) promises too much where the one spread that matters has one
or two degrees and happens to look small: with two seeds it covered 90 of 100.

What language and seed do together (their interaction, and plain noise) stands in both spreads, so
one share of it is taken off again (Searle, Casella and McCulloch 1992, section 4.3, expected mean
squares of the two-way crossed model), never below what either source alone would give, nor below
what the interaction alone would: means of two seeds that happen to be equal are no certainty.

That is a statement for *languages like these* (`Statement.LIKE_THESE`): languages and seeds are
drawn. *For these languages* (`Statement.THESE`) draws seeds alone, and is Student's t of the seeds'
means over the same languages; it is never the wider one and says nothing of any other language.

Coverage and width in simulated worlds: `tests/benchmarks/coverage.py`, `null_worlds.py`. Not for
values whose spread comes from a few far outliers, or is skewed: a t from three or five seeds cannot
know of a tail it has not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sweeps.statistics.cells import Cell, Cells, as_table, missing
from sweeps.statistics.points import signed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]
    Values = float | Table

LEVEL = 0.95
# Points; scores are counts of examples, whose means differ by rounding alone where they are equal.
NO_SPREAD = 1e-9
# No p is said to be smaller: so far out no t is believed.
LEAST_P = 1e-15


class Statement(StrEnum):
    """What an interval speaks of."""

    LIKE_THESE = "languages like these"
    THESE = "these languages"


@dataclass(frozen=True)
class Interval:
    """Where the mean lies with `level` confidence; same unit as the values."""

    low: float
    high: float
    level: float = LEVEL

    @property
    def holds_zero(self) -> bool:
        """Whether no effect at all is among what it allows."""
        return self.low <= 0 <= self.high


@dataclass(frozen=True)
class Spread:
    """Variances of a mean over languages and seeds: of one table, or arrays of many tables.

    `by_language`: were other languages drawn; `by_seed`: other seeds; `together`: the part of both
    that is the interaction's.
    """

    by_language: Values
    by_seed: Values
    together: Values
    languages: int
    seeds: int

    def estimable(self, statement: Statement) -> bool:
        """Whether there are enough languages and seeds to speak of."""
        return self.seeds > 1 and (self.languages > 1 or statement == Statement.THESE)

    def reach(self, error: Values, statement: Statement = Statement.LIKE_THESE) -> Values:
        """Half the width of the interval that misses the truth with probability `error`."""
        import numpy as np

        by_seed = _t_squared(self.seeds - 1, error) * self.by_seed
        if statement == Statement.THESE:
            return np.sqrt(by_seed)
        by_language = _t_squared(self.languages - 1, error) * self.by_language
        freedom = (self.languages - 1) * (self.seeds - 1)
        least = _t_squared(freedom, error) * self.together
        sources = np.maximum(by_language, by_seed)
        return np.sqrt(np.maximum(np.maximum(sources, self._both(error)), least))

    def p_value(self, mean: Values, statement: Statement = Statement.LIKE_THESE) -> Values:
        """The smallest error at which the interval around `mean` does not hold 0, two-sided.

        The interval is the widest of four bounds, so p is the largest of four: three are Student's,
        the last is found by bisection. `LEAST_P` stands for all below it.
        """
        import numpy as np

        found = np.maximum(_student_p(mean, self.by_seed, self.seeds - 1), LEAST_P)
        if statement == Statement.THESE:
            return found
        by_language = _student_p(mean, self.by_language, self.languages - 1)
        freedom = (self.languages - 1) * (self.seeds - 1)
        found = np.maximum(found, _student_p(mean, self.together, freedom))
        low = np.log(np.maximum(found, by_language))
        high = np.zeros(np.shape(mean))
        square = np.square(mean)
        for step in range(40):
            # First of all, whether the last bound is the widest there.
            middle = (low + high) / 2 if step else low
            inside = square <= self._both(np.exp(middle))
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return np.exp(high)

    def _both(self, error: Values) -> Values:
        """The bounds of languages and seeds added, squared, what they share taken off once."""
        few, many = sorted((self.languages, self.seeds))
        first, second = self.by_language, self.by_seed
        if self.languages > self.seeds:
            first, second = second, first
        narrow = second - self.together
        return _t_squared(few - 1, error) * first + _t_squared(many - 1, error) * narrow


@dataclass(frozen=True)
class Estimate:
    """A mean over languages of the mean over seeds, how many of each, and its interval.

    `interval` is None where it cannot be estimated: one language says nothing of its family's
    others, one seed nothing of other seeds; for these languages, one that has a single seed where
    others have more says nothing of its own; values that are all the same say nothing of any other.
    `missing` names the cells that were not there.
    """

    mean: float
    languages: int
    seeds: int
    interval: Interval | None
    statement: Statement = Statement.LIKE_THESE
    missing: tuple[Cell, ...] = ()
    spread: Spread | None = None

    @property
    def half_width(self) -> float | None:
        """Half of the interval, which is as long on either side; None without one."""
        return None if self.interval is None else self.interval.high - self.mean

    @property
    def interval_text(self) -> str:
        """The interval in words, or why there is none."""
        if self.interval is None:
            return f"not estimable ({self.obstacle})"
        return f"{signed(self.interval.low)} … {signed(self.interval.high)}"

    @property
    def obstacle(self) -> str | None:
        """Why there is no interval, in words; None where there is one."""
        if self.interval is not None:
            return None
        if self.languages == 1 and self.statement == Statement.LIKE_THESE:
            return "one language"
        if self.seeds == 1:
            return "one seed"
        return "no spread" if self.has_no_spread else "a language with one seed"

    @property
    def has_no_spread(self) -> bool:
        """Whether every value is the same, to rounding: of what others would be nothing is seen."""
        return self.spread is not None and float(self.spread.reach(0.5, self.statement)) < NO_SPREAD

    @property
    def p(self) -> float | None:
        """Two-sided p of no effect, below 1 - level exactly where the interval leaves out 0."""
        return p_values([self])[0]

    @property
    def shown(self) -> int:
        """The sign that the interval carries: 1 a gain, -1 a loss, 0 neither is shown."""
        if self.interval is None or self.interval.holds_zero:
            return 0
        return 1 if self.interval.low > 0 else -1

    def at(self, level: float) -> Interval | None:
        """The interval at another level of confidence, as 0.99."""
        if self.spread is None or self.interval is None:
            return None
        reach = float(self.spread.reach(1 - level, self.statement))
        return Interval(self.mean - reach, self.mean + reach, level)


def estimate(
    cells: Cells,
    level: float = LEVEL,
    statement: Statement = Statement.LIKE_THESE,
    asked: Iterable[Cell] = (),
    inflation: tuple[float, float] = (1.0, 1.0),
) -> Estimate:
    """Mean and interval of `cells`, values by (language, seed); a cell may be missing.

    Args:
        cells: percent points by language and seed.
        level: the confidence wanted, above 0 and below 1.
        statement: of what languages the interval is to speak.
        asked: cells that should have been there, so that a language or seed without any is named.
        inflation: factors on the variances of languages and of seeds, where their values are not
            independent.

    Raises:
        ValueError: there are no cells, or `level` is not between 0 and 1.
    """
    if not cells:
        raise ValueError("nothing to estimate")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, not between 0 and 1")
    table = as_table(cells)
    centre = _mean(table)
    found = _spread(table)
    of_languages, of_seeds = found.by_language * inflation[0], found.by_seed * inflation[1]
    found = replace(found, by_language=of_languages, by_seed=of_seeds)
    interval = None
    if found.estimable(statement) and not (statement == Statement.THESE and _seen_once(table)):
        reach = float(found.reach(1 - level, statement))
        if reach >= NO_SPREAD:
            interval = Interval(centre - reach, centre + reach, level)
    return Estimate(
        centre, found.languages, found.seeds, interval, statement, missing(cells, asked), found
    )


def p_values(estimates: Sequence[Estimate]) -> list[float | None]:
    """The p of each of many estimates, those of one shape at once: large tables are quick."""
    import numpy as np

    found: list[float | None] = [None] * len(estimates)
    alike: dict[tuple[int, int, Statement], list[tuple[int, float, Spread]]] = {}
    for at, one in enumerate(estimates):
        if one.spread is not None and one.interval is not None:
            shape = one.languages, one.seeds, one.statement
            alike.setdefault(shape, []).append((at, one.mean, one.spread))
    for (languages, seeds, statement), own in alike.items():
        places, means, spreads = zip(*own, strict=True)
        parts = np.array([(s.by_language, s.by_seed, s.together) for s in spreads]).T
        spread = Spread(parts[0], parts[1], parts[2], languages, seeds)
        values = np.asarray(spread.p_value(np.array(means), statement))
        for at, value in zip(places, values, strict=True):
            found[at] = float(value)
    return found


def spread_of(tables: Table) -> Spread:
    """The spread of each of many tables without gaps, [..., language, seed]."""
    import numpy as np

    languages, seeds = tables.shape[-2:]
    by_language, by_seed = tables.mean(-1), tables.mean(-2)
    rest = tables - by_language[..., None] - by_seed[..., None, :]
    rest = rest + tables.mean((-1, -2))[..., None, None]
    freedom = max((languages - 1) * (seeds - 1), 1)
    return Spread(
        by_language.var(-1) / max(languages - 1, 1),
        by_seed.var(-1) / max(seeds - 1, 1),
        np.square(rest).sum((-1, -2)) / freedom / (languages * seeds),
        languages,
        seeds,
    )


def _spread(table: Table) -> Spread:
    """The spread of one table.

    With gaps, by leaving out each language and each seed in turn: the jackknife (Efron and Stein
    1981), which without gaps is the same. The interaction's part is then 0, the wider choice.
    """
    import numpy as np

    languages, seeds = table.shape
    if np.isnan(table).any():
        return Spread(_jackknife(table, 0), _jackknife(table, 1), 0.0, languages, seeds)
    found = spread_of(table)
    parts = float(found.by_language), float(found.by_seed), float(found.together)
    return Spread(*parts, languages, seeds)


def _mean(table: Table) -> float:
    """The unweighted mean over languages of the mean over seeds."""
    import numpy as np

    gaps = np.isnan(table)
    if not gaps.any():
        return float(table.mean(axis=1).mean())
    there = table[~gaps.all(axis=1)]
    return float(np.nanmean(there, axis=1).mean())


def _jackknife(table: Table, axis: int) -> float:
    """Variance of the mean were other languages (axis 0) or seeds (1) drawn."""
    import numpy as np

    count = int(table.shape[axis])
    if count == 1:
        return 0.0
    means = [_mean(np.delete(table, n, axis)) for n in range(count)]
    return float(np.var(means)) * (count - 1)


def _seen_once(table: Table) -> bool:
    """Whether a language has a single seed, so that leaving it out would leave the language out."""
    import numpy as np

    return bool(((~np.isnan(table)).sum(axis=1) < 2).any())


def _t_squared(freedom: int, error: Values) -> Values:
    """The square of Student's quantile that is exceeded on either side with `error` in all."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    quantile: Values = stdtrit(freedom, error / 2)
    return quantile * quantile


def _student_p(mean: Values, variance: Values, freedom: int) -> Values:
    """Two-sided p of Student's t; where nothing varies 0, or 1 for a mean of 0."""
    import numpy as np
    from scipy.special import stdtr

    size = np.abs(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        p: Values = 2 * stdtr(freedom, -size / np.sqrt(variance))
    return np.where(np.equal(variance, 0), np.where(size > 0, 0.0, 1.0), p)
