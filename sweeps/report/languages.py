"""Gain by language and plan, languages in the order of their families: a table and a heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeps.report.document import Column, Figure, Heat, Kind, Shown, Table, Value
from sweeps.results.gains import PlanGains, plan_gains
from sweeps.results.rows import SweepResults
from sweeps.statistics.cells import Cells
from xlt_core.vocabulary.languages import get_language

MOST_PLANS = 20  # drawn of a target; files have every score of all


def by_language(results: SweepResults) -> Iterator[Figure]:
    """A figure a target: the best plans, best first, by language."""
    gains = [one for one in plan_gains(results) if one.steps]
    for target in sorted({one.target for one in gains}):
        own = [one for one in gains if one.target == target]
        yield _figure(target, own[:MOST_PLANS], len(own))


def _figure(target: str, gains: Sequence[PlanGains], of: int) -> Figure:
    rows = tuple(row for one in gains for row in _rows(one))
    families = sorted({str(row[3]) for row in rows})
    some = f", the best {len(gains)} of {of} plans" if of > len(gains) else ""
    caption = f"Gain on {target} by language and plan, in points{some}"
    data = Table(
        f"languages-{target}",
        caption,
        (
            Column("trial", Kind.COUNT),
            Column("plan"),
            Column("name"),
            Column("family"),
            Column("language"),
            Column("gain", Kind.POINTS),
            Column("seeds", Kind.COUNT),
        ),
        rows,
        (
            Shown("plan", ("plan",), folds=True),
            Shown("family", ("family",)),
            Shown("language", ("name",)),
            Shown("gain", ("gain",)),
            Shown("seeds", ("seeds",)),
        ),
        notes=(
            "Means over seeds. A single square is no finding: of so many the largest is large by "
            "chance.",
        ),
    )
    return Figure(
        data.name,
        caption,
        f"A heat map of {len(gains)} plans by languages of {', '.join(families)}; the numbers are "
        "in the table below it.",
        Heat("plan", "language", "gain", group="family"),
        data,
    )


def _rows(one: PlanGains) -> Iterator[tuple[Value, ...]]:
    found = means_by_language(one.cells)
    for code in sorted(found, key=lambda code: (get_language(code).family, code)):
        language = get_language(code)
        mean, seeds = found[code]
        label = f"{one.standing.plan} ({one.standing.trial})"
        yield (one.standing.trial, label, language.name, language.family, code, mean, seeds)


def means_by_language(cells: Cells) -> dict[str, tuple[float, int]]:
    """The mean over seeds in each language, and of how many."""
    found: dict[str, list[float]] = {}
    for (language, _), value in cells.items():
        found.setdefault(language, []).append(value)
    return {name: (sum(own) / len(own), len(own)) for name, own in found.items()}
