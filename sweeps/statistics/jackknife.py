"""Mean and variance of a table with gaps: each language and each seed left out in turn.

Source: Efron and Stein (1981), The jackknife estimate of variance (Annals of Statistics 9). Used by
`crossed` where cells are missing; in a table without gaps it is the variance of the languages' (or
seeds') own means, divided by their number. Not for medians or other statistics that jump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]


def mean_of(table: Table) -> float:
    """The unweighted mean over languages of the mean over seeds of [language, seed], NaN gaps."""
    import numpy as np

    gaps = np.isnan(table)
    if not gaps.any():
        return float(table.mean(axis=1).mean())
    there = table[~gaps.all(axis=1)]
    return float(np.nanmean(there, axis=1).mean())


def jackknife(table: Table, axis: int) -> float:
    """Variance of the mean were other languages (axis 0) or seeds (1) drawn; 0 with one of them."""
    import numpy as np

    count = int(table.shape[axis])
    if count == 1:
        return 0.0
    means = [mean_of(np.delete(table, n, axis)) for n in range(count)]
    return float(np.var(means)) * (count - 1)


def seen_once(table: Table) -> bool:
    """Whether a language has a single seed, so that leaving it out would leave the language out."""
    import numpy as np

    return bool(((~np.isnan(table)).sum(axis=1) < 2).any())
