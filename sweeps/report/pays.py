"""For which language families the winners pay: a forest plot, a corrected table, and in how many
languages of a family the gain holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sweeps.report.document import Column, Figure, Forest, Kind, Part, Shown, Table
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
from sweeps.report.families import alike, no_gains
from sweeps.report.plans import named
from sweeps.results.gains import plan_gains
from sweeps.results.rows import SweepResults
from sweeps.results.winners import Winner
from sweeps.statistics import sentences
from sweeps.statistics.cells import Cell, Cells
from sweeps.statistics.crossed import LEVEL, Statement, estimate
from sweeps.statistics.multiplicity import table
from sweeps.statistics.replicability import gain_p_values, replicability
from xlt_core.vocabulary.languages import family_of

Place = tuple[str, str]  # target and family
ByPlace = Mapping[Place, Cells]
_CHOSE = (
    "The seeds are those that chose the plan, and were kind to it in part: what choosing gains on "
    "others stands with the answer, where it can be had."
)
_IN_WORDS = 3  # lines that are said one by one


def families(results: SweepResults) -> Iterator[Part]:
    """Of each winner, once where both ways choose the same."""
    for winner, chosen_by in alike(results):
        nothing = no_gains(results, winner, chosen_by)
        if nothing is not None:
            yield nothing
            continue
        yield _forest(winner, chosen_by)
        cells = _cells(results, winner)
        yield _table(winner, chosen_by, cells, Statement.LIKE_THESE)
        yield _table(winner, chosen_by, cells, Statement.THESE)
        yield from _holds(winner, cells)


def _forest(winner: Winner, chosen_by: str) -> Figure:
    caption = f"Gain by language family: {named(winner)}, {chosen_by}; points, 95 % interval"
    data = Table(
        f"forest-{winner.languages}",
        caption,
        (Column("target"), Column("family"), *COLUMNS),
        tuple((line.target, line.family, *values(line.gain)) for line in winner.families),
        (Shown("target", ("target",)), Shown("family", ("family",)), GAIN, INTERVAL, *NUMBERS),
    )
    return Figure(
        data.name,
        caption,
        f"A forest plot of {len(data.rows)} lines, a point and an interval each, 0 marked; where "
        "an interval is not estimable there is a point alone. The numbers are in the next table.",
        Forest("family", "gain", "low", "high", "target", "not_estimable"),
        data,
    )


def _table(winner: Winner, chosen_by: str, cells: ByPlace, statement: Statement) -> Table:
    """What an interval speaks of is never mixed: a table for each."""
    lines = table({place: estimate(own, LEVEL, statement) for place, own in cells.items()})
    several = len({target for target, _ in lines}) > 1
    said = {f"{f} on {t}" if several else f: line for (t, f), line in lines.items()}
    like = statement == Statement.LIKE_THESE
    about = (
        "A family is the unweighted mean over its languages of the mean over seeds; intervals are "
        f"for {'languages like these' if like else 'these very languages'} and other seeds."
    )
    return Table(
        f"families-{winner.languages}" if like else f"families-{winner.languages}-alone",
        f"Gain by language family, for {statement}{'' if like else ' alone'}: {named(winner)}, "
        f"{chosen_by}",
        (Column("target"), Column("family"), *CORRECTED),
        tuple((*place, *corrected_values(line)) for place, line in lines.items()),
        (
            Shown("target", ("target",)),
            Shown("family", ("family",)),
            GAIN,
            INTERVAL,
            *AT_ONCE,
            *NUMBERS,
        ),
        sentences.gains(f"the gain of {named(winner)} over no intermediate task", said),
        (about, _CHOSE, *correction_notes(lines.values())),
    )


def _holds(winner: Winner, cells: ByPlace) -> Iterator[Table]:
    """In how many languages of each family with several a gain is shown."""
    found = {
        place: replicability(gain_p_values(own))
        for place, own in cells.items()
        if len({language for language, _ in own}) > 1
    }
    known = {place: one for place, one in found.items() if len(one.not_estimable) < one.languages}
    if known:
        yield Table(
            f"replicability-{winner.languages}",
            "In how many languages of a family a gain is shown, of families with several",
            (
                *map(Column, ("target", "family")),
                Column("languages", Kind.COUNT),
                Column("at_least", Kind.COUNT),
                *map(Column, ("named", "not_estimable")),
            ),
            tuple(
                (
                    *(*place, one.languages, one.count),
                    *(", ".join(names) or None for names in (one.named, one.not_estimable)),
                )
                for place, one in known.items()
            ),
            (
                *(Shown(name, (name,)) for name in ("target", "family", "languages")),
                Shown("a gain in at least", ("at_least",)),
                Shown("named", ("named",), folds=True),
            ),
            " ".join(
                f"On {target}: {sentences.replicated(family, one)}"
                for (target, family), one in known.items()
            )
            if len(known) <= _IN_WORDS
            else "",
            (
                "A mean gain over a family may be one language's: with 95 % confidence each number "
                "by itself holds (partial conjunction, Bonferroni).",
            ),
        )


def _cells(results: SweepResults, winner: Winner) -> ByPlace:
    found: dict[Place, dict[Cell, float]] = defaultdict(dict)
    for one in plan_gains(results):
        if one.standing.choice == winner.standing.choice:
            for (language, seed), gain in one.cells.items():
                found[one.target, family_of(language)][language, seed] = gain
    return dict(sorted(found.items()))
