"""What it does to have one intermediate task before another: order effects, pair by pair.

The pair-wise ordering model: Van Nostrand (1995), Design of experiments where the order of addition
is important (ASA Proceedings, Section on Physical and Engineering Sciences); Mee (2020), Order-of-
addition modeling (Statistica Sinica 30). In each cell (language, seed) the plans' gains are fitted
by least squares: one constant a set of tasks, and for each pair what it adds to have the one before
the other. So plans are compared with plans of the same tasks, language and seed alone, and A before
B does not stand for A before C, which in all six orders of three tasks go together more often than
not. Each pair's effects by cell are then estimated as `crossed` does; the pairs are one table,
corrected for each other (Holm 1979, `multiplicity`).

A pair whose effect the orders tried cannot tell from another's is named, not estimated. Effects are
taken to add up: not where the order of A and B matters only after C. Not for plans chosen by these
very values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from sweeps.statistics.cells import Cells, shared
from sweeps.statistics.crossed import LEVEL, Statement, estimate
from sweeps.statistics.multiplicity import TableLine, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Order = tuple[str, ...]
TaskPair = tuple[str, str]


@dataclass(frozen=True)
class Precedence:
    """The effect of `first` before `second`, over the other way round, in points.

    `sets` sets of tasks hold both in more than one order, `plans` plans in all. The opposite order
    has the opposite effect: there is one entry a pair.
    """

    first: str
    second: str
    line: TableLine
    sets: int
    plans: int


@dataclass(frozen=True)
class OrderEffects:
    """Effects by (first, second), names in order; pairs that cannot be told; plans left out.

    `not_estimable`: pairs of tasks that stand in a plan together, but not in orders that tell.
    `repeated`: plans left out because a task stands in them twice.
    """

    pairs: Mapping[TaskPair, Precedence]
    not_estimable: tuple[TaskPair, ...]
    repeated: tuple[Order, ...]


def order_effects(
    gains: Mapping[Order, Cells],
    level: float = LEVEL,
    statement: Statement = Statement.LIKE_THESE,
) -> OrderEffects:
    """The effect of every pair's order.

    Args:
        gains: percentage points by plan (its tasks in order), then (language, seed). A cell counts
            if all plans have it that are compared; the others are named as missing.
        level: the confidence of each interval, and of all pairs together.
        statement: of what languages it is to speak.
    """
    repeated = tuple(sorted(order for order in gains if _repeats(order)))
    compared = _compared(gains)
    asked = [cell for orders in compared for order in orders for cell in gains[order]]
    effects = effects_by_cell(gains).items()
    lines = table({pair: estimate(own, level, statement, asked) for pair, own in effects}, level)
    together = {
        pair for order in set(gains) - set(repeated) for pair in combinations(sorted(order), 2)
    }
    return OrderEffects(
        {pair: _precedence(pair, line, compared) for pair, line in lines.items()},
        tuple(sorted(together - set(lines))),
        repeated,
    )


def effects_by_cell(gains: Mapping[Order, Cells]) -> dict[TaskPair, Cells]:
    """By pair (names in order) what its order adds, in each cell that all compared plans have.

    Only the pairs that the orders tried can tell from the others.
    """
    import numpy as np

    compared = _compared(gains)
    plans = [order for orders in compared for order in orders]
    pairs = sorted({pair for orders in compared for pair in combinations(sorted(orders[0]), 2)})
    cells = shared(gains[order] for order in plans)
    if not cells or not pairs:
        return {}
    ways = np.array([[_way(order, *pair) for pair in pairs] for order in plans])
    values = np.array([[gains[order][cell] for cell in cells] for order in plans])
    within = _less_own_mean(compared)
    solved = np.linalg.pinv(within @ ways)
    # A pair is told from the others where the solution of its own column is that pair alone.
    resolution = solved @ within @ ways
    found = solved @ within @ values
    return {
        pair: dict(zip(cells, map(float, found[at]), strict=True))
        for at, pair in enumerate(pairs)
        if np.allclose(resolution[at], np.eye(len(pairs))[at], atol=1e-8)
    }


def _compared(gains: Mapping[Order, Cells]) -> list[list[Order]]:
    """The plans of each set of tasks that was tried in more than one order."""
    sets: dict[frozenset[str], list[Order]] = {}
    for order in sorted(order for order in gains if not _repeats(order)):
        sets.setdefault(frozenset(order), []).append(order)
    return [orders for orders in sets.values() if len(orders) > 1]


def _repeats(order: Order) -> bool:
    return len(set(order)) < len(order)


def _precedence(pair: TaskPair, line: TableLine, compared: Sequence[list[Order]]) -> Precedence:
    holding = [orders for orders in compared if set(pair) <= set(orders[0])]
    return Precedence(*pair, line, len(holding), sum(map(len, holding)))


def _way(order: Order, first: str, second: str) -> float:
    """Half a point for `first` before `second`, less half for after, nothing without both."""
    if first not in order or second not in order:
        return 0.0
    return 0.5 if order.index(first) < order.index(second) else -0.5


def _less_own_mean(compared: Sequence[list[Order]]) -> Matrix:
    """The matrix that takes from each plan the mean of the plans of its set."""
    import numpy as np

    of = np.repeat(np.arange(len(compared)), [len(orders) for orders in compared])
    same = of[:, None] == of[None, :]
    found: Matrix = np.eye(len(of)) - same / same.sum(axis=1, keepdims=True)
    return found
