"""Every score and every plan's gains by family, as tables for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sweeps.report.document import Column, Kind, Shown, Table
from sweeps.report.estimates import COLUMNS, GAIN, INTERVAL, NUMBERS, values
from sweeps.results.facts import SweepFacts
from sweeps.results.gains import plan_gains
from sweeps.results.rows import SweepResults
from sweeps.results.settings import whole
from sweeps.statistics.cells import Cell
from sweeps.statistics.crossed import estimate
from xlt_core.vocabulary.languages import family_of


def scores_table(every: Iterable[SweepFacts]) -> Table:
    """Every score of the sweeps, a row each."""
    rows = []
    for facts in every:
        texts: dict[int, str | None] = {}
        for row in facts.results.rows:
            known = id(row.settings)
            if known not in texts:
                texts[known] = whole(row.settings) or None
            rows.append(
                (
                    *(facts.name, row.trial, row.plan, row.beside, texts[known]),
                    *(row.target, row.family, row.language, row.seed, row.split, row.metric),
                    *(row.score, row.gain, row.primary, row.asked),
                )
            )
    return Table(
        "scores",
        "Every score",
        (
            Column("sweep"),
            Column("trial", Kind.COUNT),
            Column("plan"),
            Column("beside", Kind.YES_NO),
            *map(Column, ("settings", "target", "family", "language")),
            Column("seed", Kind.COUNT),
            Column("split"),
            Column("metric"),
            Column("score", Kind.PERCENT),
            Column("gain", Kind.POINTS),
            Column("primary", Kind.YES_NO),
            Column("asked", Kind.YES_NO),
        ),
        tuple(rows),
        most=0,
    )


def every_family(results: SweepResults) -> Table:
    """Gains of every plan by target and family, best plan first."""
    rows = []
    for one in plan_gains(results):
        cells: dict[str, dict[Cell, float]] = defaultdict(dict)
        for (language, seed), gain in one.cells.items():
            cells[family_of(language)][language, seed] = gain
        for family in sorted(cells) if one.steps else ():
            known = values(estimate(cells[family]))
            rows.append((one.standing.trial, one.standing.plan, one.target, family, *known))
    return Table(
        "gains",
        "Gain of every plan by target and language family",
        (Column("trial", Kind.COUNT), *map(Column, ("plan", "target", "family")), *COLUMNS),
        tuple(rows),
        (
            Shown("trial", ("trial",)),
            Shown("plan", ("plan",), folds=True),
            Shown("target", ("target",)),
            Shown("family", ("family",)),
            GAIN,
            INTERVAL,
            *NUMBERS,
        ),
        notes=(
            "Each line by itself: of so many, one in twenty leaves out 0 by chance. For looking, "
            "not for concluding.",
        ),
        most=40,
    )
