"""An estimate as columns of a table: its mean, its interval or why there is none, its n.

Whatever table has estimates has these columns, by these names.
"""

from __future__ import annotations

from sweeps.report.document import Cell, Column, Kind, Shown, Value
from sweeps.statistics.crossed import Estimate

COLUMNS = (
    Column("gain", Kind.POINTS),
    Column("low", Kind.POINTS),
    Column("high", Kind.POINTS),
    Column("half_width", Kind.POINTS),
    Column("not_estimable"),
    Column("p", Kind.PROBABILITY),
    Column("languages", Kind.COUNT),
    Column("seeds", Kind.COUNT),
)
INTERVAL = Shown("95 % interval", ("low", "high", "not_estimable"), Cell.INTERVAL)
GAIN = Shown("gain", ("gain",))
NUMBERS = (Shown("languages", ("languages",)), Shown("seeds", ("seeds",)))


def values(found: Estimate | None) -> tuple[Value, ...]:
    """What stands in `COLUMNS`; nothing of what is not there."""
    if found is None:
        return (None,) * len(COLUMNS)
    interval = found.interval
    return (
        found.mean,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        found.half_width,
        found.obstacle,
        found.p,
        found.languages,
        found.seeds,
    )
