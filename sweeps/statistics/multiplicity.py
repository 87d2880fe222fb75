"""Many tests in one table: p-values corrected, intervals that hold all at once.

Of twenty gains that are nothing, one is "shown" at 95 %. Sources: Holm (1979), A simple
sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6; Benjamini and
Hochberg (1995), Controlling the false discovery rate, JRSS B 57; Bonferroni's inequality for the
intervals. Holm is written out here, for many tables at once; statsmodels' `multipletests`, which it
is tested against, collects garbage at every call (a quarter of a second with torch loaded).

Holm bounds the chance of one false claim in the table, however its lines depend on each other: for
what is concluded. Benjamini-Hochberg bounds the expected share of false claims among the claims:
for a screen whose findings are tried again, not for a conclusion, and only where lines depend
positively (gains over one baseline do) or not at all. Neither helps who picks the table after
having seen several: all of what was looked at is one table.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from sweeps.statistics.crossed import LEVEL, Estimate, Interval, p_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    PValues = NDArray[np.float64]

Name = TypeVar("Name", bound=Hashable)


class Correction(StrEnum):
    """How p-values are corrected."""

    HOLM = "holm"
    BENJAMINI_HOCHBERG = "benjamini-hochberg"


@dataclass(frozen=True)
class Corrected(Generic[Name]):
    """Corrected p by name, in the order given, and the number of tests that they are corrected for.

    A name without a p has None: what was not tested cannot err, and is not counted.
    """

    p: Mapping[Name, float | None]
    tests: int
    correction: Correction

    def rejected(self, level: float = LEVEL) -> tuple[Name, ...]:
        """The names for which an effect is shown."""
        return tuple(name for name, p in self.p.items() if p is not None and p < 1 - level)


@dataclass(frozen=True)
class TableLine:
    """One estimate of a table of `tests`: Holm's p, and an interval that holds with the others'.

    The interval is Bonferroni's, a little wider than Holm's p would have it: where it leaves out 0
    Holm rejects too, not always the other way round. What is `shown` follows the interval, so that
    table, sentence and figure say the same.
    """

    estimate: Estimate
    p: float | None
    interval: Interval | None
    tests: int

    @property
    def shown(self) -> int:
        """The sign that the line carries: 1 a gain, -1 a loss, 0 neither is shown."""
        if self.interval is None or self.interval.holds_zero:
            return 0
        return 1 if self.interval.low > 0 else -1


def corrected(
    p_of: Mapping[Name, float | None], correction: Correction = Correction.HOLM
) -> Corrected[Name]:
    """The p-values `p_of` each name, corrected for each other.

    Args:
        p_of: two-sided p by name; None where there is none.
        correction: Holm for conclusions, Benjamini-Hochberg for a screen.
    """
    import numpy as np

    tested = {name: p for name, p in p_of.items() if p is not None}
    found: dict[Name, float] = {}
    if tested:
        uncorrected = np.array(list(tested.values()))
        if correction == Correction.HOLM:
            values = holm(uncorrected)
        else:  # whoever needs it waits for all of scipy's distributions
            from scipy.stats import false_discovery_control  # type: ignore[import-untyped]

            values = false_discovery_control(uncorrected)
        found = dict(zip(tested, map(float, values), strict=True))
    return Corrected({name: found.get(name) for name in p_of}, len(tested), correction)


def holm(uncorrected: PValues) -> PValues:
    """Holm's p of the tests along the last axis: the n - i + 1 times of the i-th, never falling."""
    import numpy as np

    order = np.argsort(uncorrected, axis=-1)
    left = np.arange(uncorrected.shape[-1], 0, -1)
    raised = np.maximum.accumulate(np.take_along_axis(uncorrected, order, -1) * left, axis=-1)
    found = np.empty_like(uncorrected)
    np.put_along_axis(found, order, np.minimum(raised, 1.0), -1)
    return found


def simultaneous(
    estimates: Mapping[Name, Estimate], level: float = LEVEL
) -> dict[Name, Interval | None]:
    """Intervals that with confidence `level` hold all at once; each says `level`, theirs in all.

    Not estimable stays so, and is not counted.
    """
    estimable = [one for one in estimates.values() if one.interval is not None]
    each = 1 - (1 - level) / max(len(estimable), 1)
    found: dict[Name, Interval | None] = {}
    for name, one in estimates.items():
        bounds = one.at(each)
        found[name] = None if bounds is None else Interval(bounds.low, bounds.high, level)
    return found


def table(estimates: Mapping[Name, Estimate], level: float = LEVEL) -> dict[Name, TableLine]:
    """Each estimate with Holm's p and simultaneous interval, corrected for all of them."""
    each = p_values(list(estimates.values()))
    holms = corrected(dict(zip(estimates, each, strict=True)))
    bounds = simultaneous(estimates, level)
    return {
        name: TableLine(one, holms.p[name], bounds[name], holms.tests)
        for name, one in estimates.items()
    }
