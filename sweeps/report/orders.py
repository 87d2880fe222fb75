"""What it does to have one intermediate task before another: a small matrix and its table."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.report.document import Column, Figure, Heat, Kind, Paragraph, Part, Shown, Table
from sweeps.report.estimates import (
    AT_ONCE,
    CORRECTED,
    INTERVAL,
    NUMBERS,
    corrected_values,
    correction_notes,
)
from sweeps.results.gains import by_order, plan_gains
from sweeps.results.rows import SweepResults
from sweeps.statistics import sentences
from sweeps.statistics.precedence import OrderEffects, order_effects


def order_matrices(results: SweepResults) -> Iterator[Part]:
    """A matrix and a table a target; none where no pair was tried in both orders."""
    gains = plan_gains(results)
    for target in sorted({one.target for one in gains}):
        found = order_effects(by_order(one for one in gains if one.target == target))
        if found.pairs:
            yield _matrix(target, found)
            yield _table(target, found)
            yield from _notes(found)


def _matrix(target: str, found: OrderEffects) -> Figure:
    effects = {pair: one.line.estimate.mean for pair, one in found.pairs.items()}
    tasks = sorted({task for pair in effects for task in pair})
    rows = [
        (f"{a} first", f"then {b}", effects.get((a, b), _opposite(effects.get((b, a)))))
        for a in tasks
        for b in tasks
    ]
    caption = f"Order on {target}: what a task (row) before another (column) gains, in points"
    data = Table(
        f"order-matrix-{target}",
        caption,
        (Column("first"), Column("second"), Column("gain", Kind.POINTS)),
        tuple(rows),
    )
    return Figure(
        data.name,
        caption,
        "A matrix of tasks by tasks; the numbers, with their intervals, are in the next table.",
        Heat("first", "second", "gain"),
        data,
    )


def _opposite(effect: float | None) -> float | None:
    return None if effect is None else -effect


def _table(target: str, found: OrderEffects) -> Table:
    pairs = found.pairs
    return Table(
        f"orders-{target}",
        f"One task before another, over the other way round, on {target}",
        (
            Column("first"),
            Column("second"),
            *CORRECTED,
            Column("sets", Kind.COUNT),
            Column("plans", Kind.COUNT),
        ),
        tuple(
            (*pair, *corrected_values(one.line), one.sets, one.plans) for pair, one in pairs.items()
        ),
        (
            Shown("first", ("first",)),
            Shown("second", ("second",)),
            Shown("effect", ("gain",)),
            INTERVAL,
            *AT_ONCE,
            *NUMBERS,
            Shown("plans", ("plans",)),
        ),
        sentences.ordered(found),
        correction_notes(one.line for one in pairs.values()),
    )


def _notes(found: OrderEffects) -> Iterator[Paragraph]:
    if found.repeated:
        names = ", ".join(" > ".join(order) for order in found.repeated)
        yield Paragraph(f"Left out, a task standing in them twice: {names}.")
