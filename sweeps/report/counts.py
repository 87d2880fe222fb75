"""Gain by the number of intermediate tasks, and what more of them add: a curve and two tables."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.report.document import Column, Curve, Figure, Kind, Part, Shown, Table
from sweeps.report.estimates import (
    AT_ONCE,
    COLUMNS,
    CORRECTED,
    GAIN,
    INTERVAL,
    NUMBERS,
    corrected_values,
    correction_notes,
    values,
)
from sweeps.results.gains import by_count, plan_gains
from sweeps.results.rows import SweepResults
from sweeps.spec.methods import METHODS
from sweeps.statistics import sentences
from sweeps.statistics.cells import shared
from sweeps.statistics.saturation import Saturation, saturation

_LEARNS = (
    "The plans were proposed by a search that looks at scores: a count's mean is of what it "
    "proposed, not of all plans of that count."
)


def count_curves(results: SweepResults) -> Iterator[Part]:
    """A curve, and the contrasts of counts, a target; none where counts have nothing in common."""
    gains = plan_gains(results)
    learns = METHODS[results.sweep.search.method].learns
    for target in sorted({one.target for one in gains}):
        own = [one for one in gains if one.target == target and one.steps]
        cells = by_count(own)
        if len(cells) < 2 or not shared(cells.values()):
            continue
        found = saturation(cells)
        plans = {count: sum(len(one.steps) == count for one in own) for count in cells}
        yield _figure(target, found, plans, (_LEARNS,) if learns else ())
        yield _contrasts(target, found)


def _figure(
    target: str, found: Saturation, plans: dict[int, int], notes: tuple[str, ...]
) -> Figure:
    caption = f"Gain on {target} by number of intermediate tasks, mean over plans, 95 % interval"
    data = Table(
        f"counts-{target}",
        caption,
        (Column("target"), Column("count", Kind.COUNT), Column("plans", Kind.COUNT), *COLUMNS),
        tuple((target, count, plans[count], *values(one)) for count, one in found.counts.items()),
        (
            Shown("tasks", ("count",)),
            Shown("plans", ("plans",)),
            GAIN,
            INTERVAL,
            *NUMBERS,
        ),
        notes=notes,
    )
    return Figure(
        data.name,
        caption,
        f"A curve over {len(found.counts)} counts; its numbers are in the table below it.",
        Curve("count", "gain", "low", "high", "target"),
        data,
    )


def _contrasts(target: str, found: Saturation) -> Table:
    return Table(
        f"count-contrasts-{target}",
        f"What more intermediate tasks add on {target}, at equal language and seed",
        (Column("more", Kind.COUNT), Column("fewer", Kind.COUNT), *CORRECTED),
        tuple(
            (more, fewer, *corrected_values(line))
            for (more, fewer), line in found.contrasts.items()
        ),
        (
            Shown("tasks", ("more",)),
            Shown("over", ("fewer",)),
            GAIN,
            INTERVAL,
            *AT_ONCE,
            *NUMBERS,
        ),
        sentences.saturated(found),
        correction_notes(found.contrasts.values()),
    )
