"""Gains as the statistics take them: by language and seed, for each plan, count and order. Pure.

Only what may be compared: complete choices, the shown split, the score that judges, languages that
are asked for. A mean over plans is taken cell by cell, where all of them have the cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sweeps.results.rows import SweepResults
from sweeps.results.tables import Choice, Standing, ranked, shown_split
from sweeps.statistics.cells import Cell, Cells, shared
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.plan import EMPTY


@dataclass(frozen=True)
class PlanGains:
    """What one choice gains on one target, points by (language, seed)."""

    standing: Standing
    target: str
    cells: Cells

    @property
    def steps(self) -> tuple[str, ...]:
        """Of its plan, in order."""
        plan = self.standing.plan
        return () if plan == EMPTY else tuple(plan.split(" > "))


def plan_gains(results: SweepResults) -> tuple[PlanGains, ...]:
    """Of every complete choice, best first, baselines among them; targets in order of name."""
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    found: dict[tuple[Choice, str], dict[Cell, float]] = defaultdict(dict)
    for row in results.rows:
        if row.primary and row.asked and row.split == shown and row.gain is not None:
            found[(row.trial, row.beside), row.target][row.language, row.seed] = row.gain
    targets = sorted({target for _, target in found})
    return tuple(
        PlanGains(standing, target, found[standing.choice, target])
        for standing in ranked(results, results.sweep.objective)
        for target in targets
        if (standing.choice, target) in found
    )


def by_count(gains: Iterable[PlanGains]) -> dict[int, Cells]:
    """The mean over plans of each count of steps, in order of count; without the baseline's."""
    found: dict[int, list[Cells]] = defaultdict(list)
    for one in gains:
        if one.steps and not one.standing.beside:
            found[len(one.steps)].append(one.cells)
    return _means(found)


def by_order(gains: Iterable[PlanGains]) -> dict[tuple[str, ...], Cells]:
    """The mean over trials of each plan of two steps or more, by its steps in order."""
    found: dict[tuple[str, ...], list[Cells]] = defaultdict(list)
    for one in gains:
        if len(one.steps) > 1 and not one.standing.beside:
            found[one.steps].append(one.cells)
    return _means(found)


def _means(found: Mapping) -> dict:  # type: ignore[type-arg]
    return {key: mean for key in sorted(found) if (mean := _mean(found[key]))}


def _mean(tables: Sequence[Cells]) -> dict[Cell, float]:
    cells = shared(tables)
    return {cell: sum(table[cell] for table in tables) / len(tables) for cell in cells}


def dev_cells(results: SweepResults, languages: str) -> dict[Choice, dict[Cell, float]]:
    """What choices are chosen by, percent by (language, seed): the mean over targets.

    Args:
        languages: `english` or `all`, as an objective has them. Of several targets whose languages
            differ, the mean over cells is not the objective.
    """
    split = results.sweep.objective.split
    found: dict[Choice, dict[Cell, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in results.rows:
        chooses = row.asked if languages == "all" else row.language == ENGLISH
        if row.primary and row.split == split and chooses:
            found[row.trial, row.beside][row.language, row.seed].append(row.score)
    return {
        choice: {cell: sum(scores) / len(scores) for cell, scores in cells.items()}
        for choice, cells in found.items()
    }
