"""Correlation of two source × target matrices, as gains and typological distance.

Pairs that share a source or a target are not independent, so the usual p is far too small. Source:
the quadratic assignment procedure, Krackhardt (1988), Predicting with networks (Social Networks
10): rows and columns of one matrix are permuted, whole, and the correlation is computed anew. Where
sources and targets are the same languages, rows and columns are permuted together, else each on its
own. p counts the arrangement there is as one (Phipson and Smyth 2010, Permutation p-values should
never be zero). Mantel tests as libraries have them (scikit-bio, skbio.stats.distance) want
symmetric matrices with an empty diagonal and no gaps: what English gives to Swahili is not what
Swahili gives to English.

The interval leaves out each source and each target in turn (jackknife for networks: Snijders and
Borgatti 1999, Connections 22) on Fisher's scale and adds the two as `crossed` does; it can disagree
with p at the margin, for they answer two questions. Not for matrices with fewer than four sources
or targets; not where a third thing (data size) moves both, which no permutation takes out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sweeps.statistics.crossed import LEVEL, Interval, Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

LanguagePair = tuple[str, str]
FEWEST = 4
PERMUTATIONS = 4999


class Coefficient(StrEnum):
    """Of values, or of their ranks."""

    PEARSON = "pearson"
    SPEARMAN = "spearman"


@dataclass(frozen=True)
class Correlation:
    """The correlation over `pairs` pairs of `sources` and `targets` that both matrices have.

    `p` (two-sided) and `interval` are None with fewer than four sources or targets; `value` too
    where one of the two does not vary. `missing` counts the pairs that only one of them has.
    """

    value: float | None
    p: float | None
    interval: Interval | None
    coefficient: Coefficient
    pairs: int
    sources: int
    targets: int
    missing: int
    permutations: int


def correlation(
    these: Mapping[LanguagePair, float],
    those: Mapping[LanguagePair, float],
    coefficient: Coefficient = Coefficient.SPEARMAN,
    level: float = LEVEL,
    permutations: int = PERMUTATIONS,
) -> Correlation:
    """How two properties of (source, target) pairs go together.

    Args:
        these: values by (source, target), as gains in points.
        those: values by (source, target), as distances.
        coefficient: ranks unless the relation is known to be straight.
        level: of the interval.
        permutations: drawn with a fixed seed; p is not below 1 / (permutations + 1).
    """
    pairs = sorted(set(these) & set(those))
    sources = sorted({source for source, _ in pairs})
    targets = sorted({target for _, target in pairs})
    x, y = (_matrix(m, pairs, sources, targets, coefficient) for m in (these, those))
    value = _pearson(x, y)
    p = interval = None
    if value is not None and min(len(sources), len(targets)) >= FEWEST:
        p = _permuted(x, y, value, sources == targets, permutations)
        interval = _interval(x, y, value, level)
    return Correlation(
        value,
        p,
        interval,
        coefficient,
        len(pairs),
        len(sources),
        len(targets),
        len(set(these) ^ set(those)),
        0 if p is None else permutations,
    )


def _matrix(
    values: Mapping[LanguagePair, float],
    pairs: list[LanguagePair],
    sources: list[str],
    targets: list[str],
    coefficient: Coefficient,
) -> Matrix:
    """Values, or their ranks, as [source, target]; NaN where there is none."""
    import numpy as np
    from scipy.stats import rankdata  # type: ignore[import-untyped]

    found = np.full((len(sources), len(targets)), np.nan)
    own = np.array([values[pair] for pair in pairs], dtype=float)
    if coefficient == Coefficient.SPEARMAN:
        own = rankdata(own)
    row, column = ({name: at for at, name in enumerate(axis)} for axis in (sources, targets))
    for (source, target), value in zip(pairs, own, strict=True):
        found[row[source], column[target]] = value
    return found


def _pearson(x: Matrix, y: Matrix) -> float | None:
    """Over the pairs that both have; None where one does not vary."""
    import numpy as np

    both = ~(np.isnan(x) | np.isnan(y))
    if both.sum() < 3:
        return None
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 1e-12 else None


def _permuted(x: Matrix, y: Matrix, value: float, together: bool, permutations: int) -> float:
    """The share of permutations, the one that there is among them, that correlate as strongly."""
    import numpy as np

    random = np.random.default_rng(0)
    as_strong = 1
    for _ in range(permutations):
        rows = random.permutation(x.shape[0])
        columns = rows if together else random.permutation(x.shape[1])
        found = _pearson(x[rows][:, columns], y)
        # With gaps a permutation may leave too little to correlate: counted against an effect.
        as_strong += found is None or abs(found) >= abs(value) - 1e-12
    return as_strong / (permutations + 1)


def _interval(x: Matrix, y: Matrix, value: float, level: float) -> Interval | None:
    """By leaving out each source and each target, on Fisher's scale."""
    variances = []
    for axis in (1, 0):
        left = _left_out(x, y, axis)
        if left is None:
            return None
        middle = sum(left) / len(left)
        variances.append(sum((z - middle) ** 2 for z in left) * (len(left) - 1) / len(left))
    by_target, by_source = variances
    reach = float(Spread(by_target, by_source, 0.0, x.shape[1], x.shape[0]).reach(1 - level))
    centre = _fisher(value)
    return Interval(math.tanh(centre - reach), math.tanh(centre + reach), level)


def _left_out(x: Matrix, y: Matrix, axis: int) -> list[float] | None:
    """Fisher's z without each row (axis 0) or column (1); None where one cannot be left out."""
    import numpy as np

    found = []
    for at in range(x.shape[axis]):
        value = _pearson(np.delete(x, at, axis), np.delete(y, at, axis))
        if value is None:
            return None
        found.append(_fisher(value))
    return found


def _fisher(value: float) -> float:
    return math.atanh(max(-1 + 1e-12, min(1 - 1e-12, value)))
