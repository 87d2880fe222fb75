"""An estimate as columns of a table: its mean, its interval or why there is none, its n.

Whatever table has estimates has these columns, by these names.
"""

from __future__ import annotations

from collections.abc import Iterable

from sweeps.report.document import Cell, Column, Kind, Shown, Value
from sweeps.statistics.crossed import Estimate
from sweeps.statistics.multiplicity import TableLine

_WHY = "not_estimable"
COLUMNS = (
    Column("gain", Kind.POINTS),
    Column("low", Kind.POINTS),
    Column("high", Kind.POINTS),
    Column("half_width", Kind.POINTS),
    Column(_WHY),
    Column("languages", Kind.COUNT),
    Column("seeds", Kind.COUNT),
)
INTERVAL = Shown("95 % interval", ("low", "high", _WHY), Cell.INTERVAL)
GAIN = Shown("gain", ("gain",))
NUMBERS = (Shown("languages", ("languages",)), Shown("seeds", ("seeds",)))


def values(found: Estimate | None, obstacle: str | None = None) -> tuple[Value, ...]:
    """What stands in `COLUMNS`.

    Args:
        obstacle: why there is no estimate at all, where there is none.
    """
    if found is None:
        return tuple(obstacle if one.name == _WHY else None for one in COLUMNS)
    interval = found.interval
    return (
        found.mean,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        found.half_width,
        found.obstacle,
        found.languages,
        found.seeds,
    )


CORRECTED = (
    *COLUMNS,
    Column("p", Kind.PROBABILITY),
    Column("low_at_once", Kind.POINTS),
    Column("high_at_once", Kind.POINTS),
    Column("p_holm", Kind.PROBABILITY),
)
AT_ONCE = (
    Shown("all at once", ("low_at_once", "high_at_once"), Cell.INTERVAL),
    Shown("p (Holm)", ("p_holm",)),
)
CORRECTION = (
    "Two intervals: of each line by itself, and all at once, wide enough that with 95 % confidence "
    "all {tests} of the table hold (Bonferroni); what is shown follows these. p is Holm's, a "
    "little less strict, for the {tests} lines that can be tested."
)


def corrected_values(line: TableLine) -> tuple[Value, ...]:
    """What stands in `CORRECTED`."""
    interval = line.interval
    return (
        *values(line.estimate),
        line.estimate.p,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        line.p,
    )


def correction_notes(lines: Iterable[TableLine]) -> tuple[str, ...]:
    """How a table is corrected, where more than one line of it can be tested."""
    tests = max((line.tests for line in lines), default=0)
    return (CORRECTION.format(tests=tests),) if tests > 1 else ()
