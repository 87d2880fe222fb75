"""Student's t, both ways, for one value or many at once.

Source: Student (1908), The probable error of a mean (Biometrika 6). Not for values whose spread
comes from a few far outliers, or is skewed: few of them do not know their tail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = float | NDArray[np.float64]


def t_squared(freedom: int, error: Values) -> Values:
    """The square of the quantile that is exceeded on either side with `error` in all."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    quantile: Values = stdtrit(freedom, error / 2)
    return quantile * quantile


def two_sided_p(mean: Values, variance: Values, freedom: int) -> Values:
    """Of a mean with a variance known with `freedom`; where nothing varies 0, or 1 for mean 0."""
    import numpy as np
    from scipy.special import stdtr

    size = np.abs(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        p: Values = 2 * stdtr(freedom, -size / np.sqrt(variance))
    return np.where(np.equal(variance, 0), np.where(size > 0, 0.0, 1.0), p)
