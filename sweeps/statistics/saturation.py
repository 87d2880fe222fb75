"""Gain by the count of intermediate tasks: where more of them are not shown to help.

Each count's gain, the contrasts of every two counts at equal language and seed, the slope over
counts in each cell: all estimated as `crossed` does. The contrasts are one table, corrected for
each other (Holm 1979, `multiplicity`), so looking for the place where the
curve flattens is paid for.

"No more gain is shown" is not "there is none" (Altman and Bland 1995, Absence of evidence is not
evidence of absence): `not_ruled_out` is what a higher count may still add. Not for counts whose
plans were chosen by these very values: a higher count has more plans to choose from, and its best
one overstates more (`winners_curse`). Give means over plans, or plans chosen elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sweeps.statistics.cells import Cells, paired, shared
from sweeps.statistics.crossed import LEVEL, Estimate, Statement, estimate
from sweeps.statistics.multiplicity import TableLine, table


@dataclass(frozen=True)
class Saturation:
    """The curve of gains over counts.

    `counts`: each count's gain. `contrasts`: by (more, fewer), what more tasks add to fewer, on the
    cells that both have. `slope`: points a task, over cells that all counts have; None without.
    `enough`: the smallest count that no higher one is shown to better; None where some contrast is
    not estimable or the highest count betters all others. `not_ruled_out`: the most that a higher
    count than `enough` may add, by the simultaneous intervals.
    """

    counts: Mapping[int, Estimate]
    contrasts: Mapping[tuple[int, int], TableLine]
    slope: Estimate | None
    enough: int | None
    not_ruled_out: float | None


def saturation(
    gains: Mapping[int, Cells],
    level: float = LEVEL,
    statement: Statement = Statement.LIKE_THESE,
) -> Saturation:
    """The curve of `gains`, cells by count of intermediate tasks.

    Args:
        gains: percentage points by count, then (language, seed). Count 0 is the baseline, with a
            gain of 0 in every cell: give it where gains over none are to be among the contrasts.
        level: the confidence of each interval, and of all contrasts together.
        statement: of what languages it is to speak.

    Raises:
        ValueError: a count has no cells, or two counts share none.
    """
    counts = {count: estimate(gains[count], level, statement) for count in sorted(gains)}
    contrasts = table(
        {
            (more, fewer): estimate(
                paired(gains[more], gains[fewer]),
                level,
                statement,
                [*gains[more], *gains[fewer]],
            )
            for fewer, more in combinations(counts, 2)
        },
        level,
    )
    enough = _enough(list(counts), contrasts)
    return Saturation(
        counts,
        contrasts,
        _slope(gains, level, statement),
        enough,
        None if enough is None else _not_ruled_out(enough, contrasts),
    )


def _slope(gains: Mapping[int, Cells], level: float, statement: Statement) -> Estimate | None:
    """Least squares over counts in each cell that all have: a contrast of its own."""
    middle = sum(gains) / max(len(gains), 1)
    square = sum((count - middle) ** 2 for count in gains)
    every = shared(gains.values())
    if not square or not every:
        return None
    slopes = {
        cell: sum((count - middle) * cells[cell] for count, cells in gains.items()) / square
        for cell in every
    }
    return estimate(slopes, level, statement, [cell for cells in gains.values() for cell in cells])


def _enough(counts: list[int], contrasts: Mapping[tuple[int, int], TableLine]) -> int | None:
    """The smallest count, the highest aside, that no higher one is shown to better."""
    if any(line.interval is None for line in contrasts.values()):
        return None
    for count in counts[:-1]:
        if not any(line.shown > 0 for (_, fewer), line in contrasts.items() if fewer == count):
            return count
    return None


def _not_ruled_out(enough: int, contrasts: Mapping[tuple[int, int], TableLine]) -> float:
    """The highest upper bound of what more tasks add to `enough`; at least nothing."""
    bounds = [
        line.interval.high
        for (_, fewer), line in contrasts.items()
        if fewer == enough and line.interval is not None
    ]
    return max(0.0, *bounds)
