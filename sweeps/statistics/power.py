"""What a pilot says of a study: its variances, its power, the smallest gain it would find.

Sources: variances by ANOVA, Searle, Casella and McCulloch (1992), Variance Components, section 4.3
(two-way crossed, random, one value a cell); power for NLP, Card, Henderson, Khandelwal, Jia,
Mahowald and Jurafsky (2020), With Little Power Comes Great Responsibility (EMNLP). The power is
that of the interval in `crossed`: the mean squares are independent chi-squares and the mean is
normal, so what is left is an average over three chi-squares, taken at 2,048 Sobol points; no worlds
are drawn.

A pilot of three seeds knows the seeds' variance within a factor of about 40 (95 %). `components`
with `upper=0.8` takes each mean square at its upper 80 % bound instead (Browne 1995, Statistics in
Medicine 14): the study that is planned with it is seldom too small. Not for noise far from normal,
and never to explain afterwards, with its own numbers, why a study showed nothing ("observed
power").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeps.statistics.cells import Cell, Cells, as_table, axes
from sweeps.statistics.crossed import LEVEL, Spread, Statement, spread_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POWER = 0.8
MOST = 100


@dataclass(frozen=True)
class Components:
    """Variances (points squared) of what a language adds, a seed, and both together.

    From `languages` × `seeds` cells; `left_out` names the cells that were there but stand in a
    seed or language with gaps.
    """

    language: float
    seed: float
    together: float
    languages: int
    seeds: int
    left_out: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Design:
    """A study to be: how many languages and seeds, what it is to speak of, how surely."""

    languages: int
    seeds: int
    statement: Statement = Statement.LIKE_THESE
    level: float = LEVEL

    @property
    def estimable(self) -> bool:
        """Whether it will have an interval at all."""
        enough = self.languages > 1 or self.statement == Statement.THESE
        return self.seeds > 1 and enough


def components(cells: Cells, upper: float | None = None) -> Components | None:
    """The variances of a pilot's gains; None where two languages with two seeds are not to be had.

    A variance estimated below 0 is 0. With gaps, either the seeds or the languages that have them
    are left out, whichever leaves more cells.

    Args:
        cells: a pilot's gains by (language, seed), percentage points.
        upper: take each mean square at the upper bound that holds with this confidence, as 0.8.
    """
    from scipy.special import chdtri  # type: ignore[import-untyped]

    used = _complete(cells)
    table = as_table(used)
    languages, seeds = table.shape
    if languages < 2 or seeds < 2:
        return None
    found, size = spread_of(table), languages * seeds
    squares = [float(v) * size for v in (found.by_language, found.by_seed, found.together)]
    freedoms = [languages - 1, seeds - 1, (languages - 1) * (seeds - 1)]
    if upper is not None:
        # chdtri is the point that is exceeded with a probability: here the lower quantile.
        squares = [s * f / float(chdtri(f, upper)) for s, f in zip(squares, freedoms, strict=True)]
    by_language, by_seed, together = squares
    return Components(
        max(0.0, (by_language - together) / seeds),
        max(0.0, (by_seed - together) / languages),
        together,
        languages,
        seeds,
        tuple(sorted(set(cells) - set(used))),
    )


def power(variances: Components, gain: float, design: Design) -> float | None:
    """How often a study like `design` would show a gain of `gain` points; None if it cannot.

    To show is to have an interval on the gain's side of 0.
    """
    return _power_of(variances, design)(abs(gain)) if design.estimable else None


def detectable_gain(variances: Components, design: Design, wanted: float = POWER) -> float | None:
    """The smallest gain, in points, that `design` shows with power `wanted`; None: no interval."""
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    if not design.estimable:
        return None
    power_at = _power_of(variances, design)
    high = 1e-6
    while power_at(high) < wanted:
        high *= 2
    return float(brentq(lambda gain: power_at(gain) - wanted, 0.0, high, xtol=1e-4 * high))


def seeds_needed(
    variances: Components, gain: float, design: Design, wanted: float = POWER
) -> int | None:
    """How many seeds show `gain` with power `wanted` in the design's languages.

    None if a hundred do not: where languages differ, more seeds do not make up for few languages.
    """
    return _first(
        lambda n: power(
            variances, gain, Design(design.languages, n, design.statement, design.level)
        ),
        wanted,
    )


def languages_needed(
    variances: Components, gain: float, design: Design, wanted: float = POWER
) -> int | None:
    """How many languages show `gain` with power `wanted` at the design's seeds; None: over 100."""
    return _first(
        lambda n: power(variances, gain, Design(n, design.seeds, design.statement, design.level)),
        wanted,
    )


def _first(power_with: Callable[[int], float | None], wanted: float) -> int | None:
    """The smallest number up to `MOST` whose power is at least `wanted`; power grows with it."""
    if (power_with(MOST) or 0.0) < wanted:
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        if (power_with(middle) or 0.0) < wanted:
            low = middle
        else:
            high = middle
    return high


def _power_of(variances: Components, design: Design) -> Callable[[float], float]:
    """Power as a function of the gain."""
    import numpy as np
    from scipy.special import ndtr

    languages, seeds = design.languages, design.seeds
    size = languages * seeds
    # With the languages fixed, what they add is part of the gain, not of its doubt.
    drawn = 0.0 if design.statement == Statement.THESE else variances.language
    expected = (
        variances.together + seeds * drawn,
        variances.together + languages * variances.seed,
        variances.together,
    )
    freedoms = (languages - 1, seeds - 1, (languages - 1) * (seeds - 1))
    ratios = _chi_squares_over_freedom(freedoms)
    by_language, by_seed, together = (
        mean * ratio / size for mean, ratio in zip(expected, ratios, strict=True)
    )
    reach = Spread(by_language, by_seed, together, languages, seeds).reach(
        1 - design.level, design.statement
    )
    error = np.sqrt(drawn / languages + variances.seed / seeds + variances.together / size)
    # Without any noise a gain is shown always, and no gain never.
    error = max(float(error), 1e-12)
    return lambda gain: float(np.mean(ndtr((gain - reach) / error)))


def _chi_squares_over_freedom(freedoms: tuple[int, ...]) -> list[NDArray[np.float64]]:
    """Independent chi-squares over their freedoms at the same Sobol points; 0 without any."""
    import numpy as np
    from scipy.special import chdtri
    from scipy.stats.qmc import Sobol  # type: ignore[import-untyped]

    points = Sobol(len(freedoms), rng=np.random.default_rng(0)).random_base2(11)
    points = np.clip(points, 1e-9, 1 - 1e-9)
    return [
        chdtri(freedom, column) / freedom if freedom else np.zeros(len(column))
        for freedom, column in zip(freedoms, points.T, strict=True)
    ]


def _complete(cells: Cells) -> dict[Cell, float]:
    """The cells of all seeds that have every language, or of all languages that have every seed."""
    languages, seeds = axes(cells)
    whole_seeds = {s for s in seeds if all((one, s) in cells for one in languages)}
    whole_languages = {one for one in languages if all((one, s) in cells for s in seeds)}
    if len(whole_seeds) * len(languages) >= len(whole_languages) * len(seeds):
        return {cell: value for cell, value in cells.items() if cell[1] in whole_seeds}
    return {cell: value for cell, value in cells.items() if cell[0] in whole_languages}
