"""The table of plans, best first, and that of the winners by each way of choosing.

A score stands with its gain; the settings that were searched stand as columns of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sweeps.report.cells import SETTING
from sweeps.report.document import Cell, Column, Kind, Paragraph, Part, Shown, Table, Value
from sweeps.results.rows import SweepResults
from sweeps.results.settings import whole
from sweeps.results.tables import Standing, ranked
from sweeps.results.winners import Winner, selected_by, ways_of_choosing, winners
from sweeps.search.settings import label

BEST = 10  # plans listed, where not all are asked for
_WHO = (Column("trial", Kind.COUNT), Column("plan"), Column("beside", Kind.YES_NO))


def best_plans(results: SweepResults, shown: str | None, every: bool = False) -> Iterator[Part]:
    """The best plans by the sweep's objective and the baseline, or every plan; what is left out."""
    found = ranked(results, results.sweep.objective)
    chosen = found if every else _best(found)
    left_out = len(found) - len(chosen)
    some = f" ({len(chosen)} of {len(found)})" if left_out else ""
    yield plans_table(f"Best plans{some}, {selected_by(results)}", chosen, results, shown)
    if left_out:
        yield Paragraph(f"{left_out} more: `--all` of `xlt results` lists every plan")


def _best(found: Sequence[Standing]) -> tuple[Standing, ...]:
    return (*found[:BEST], *(each for each in found[BEST:] if each.trial == 0))


def plans_table(
    caption: str, chosen: Sequence[Standing], results: SweepResults, shown: str | None
) -> Table:
    """A table of plans, with the settings that were searched and a score for each target."""
    targets = target_names(chosen)
    searched = sorted({path for standing in chosen for path in standing.settings})
    settings = tuple(f"{SETTING}{path}" for path in searched)
    return Table(
        "plans",
        caption,
        (
            *_WHO,
            *(Column(name, Kind.SETTING) for name in settings),
            *_score_columns(targets),
        ),
        tuple(
            (
                each.trial,
                each.plan,
                each.beside,
                *(_setting(each, path) for path in searched),
                *_scores(each, targets),
            )
            for each in chosen
        ),
        (
            Shown("trial", ("trial", "beside"), Cell.TRIAL),
            Shown("plan", ("plan",), folds=True),
            *([Shown("settings", settings, Cell.SETTINGS, folds=True)] if settings else []),
            *_scores_shown(results, targets, shown),
        ),
        most=30,
    )


def winners_table(results: SweepResults, shown: str | None) -> Table:
    """Both ways of choosing, side by side."""
    found = {one.languages: one.standing for one in winners(results)}
    targets = target_names(tuple(found.values()))
    return Table(
        "winners",
        "The winner by each way of choosing",
        (Column("chosen_by"), *_WHO, *_score_columns(targets)),
        tuple(
            (selected_by(results, way), *_winner(found.get(way), targets))
            for way in ways_of_choosing(results)
        ),
        (
            Shown("chosen by", ("chosen_by",)),
            Shown(
                "plan",
                ("plan", "trial", "beside"),
                Cell.PLAN_AND_TRIAL,
                folds=True,
                otherwise="no score to choose by",
            ),
            *_scores_shown(results, targets, shown),
        ),
    )


def winning_settings(results: SweepResults) -> Iterator[Paragraph]:
    """The searched settings of each winner in full, so that it can be trained again."""
    found = {one.standing.choice: one.standing for one in winners(results)}
    for standing in found.values():
        if standing.settings:
            text = f"{with_number(standing)} was trained with {whole(standing.settings)}"
            yield Paragraph(text)


def with_number(standing: Standing) -> str:
    """A plan with the trial that has it."""
    which = "beside trial" if standing.beside else "trial"
    return f"{standing.plan} ({which} {standing.trial})"


def named(winner: Winner) -> str:
    """A winner's plan, with its trial where settings tell it from others of that plan."""
    standing = winner.standing
    return with_number(standing) if standing.settings else standing.plan


def target_names(found: Iterable[Standing]) -> list[str]:
    """The targets that scores are of, sorted."""
    return sorted({score.target for standing in found for score in standing.targets})


def _winner(standing: Standing | None, targets: Sequence[str]) -> tuple[Value, ...]:
    if standing is None:
        return (None, None, None, *(None for _ in _score_columns(targets)))
    return (standing.trial, standing.plan, standing.beside, *_scores(standing, targets))


def _score_columns(targets: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("selecting_score", Kind.PERCENT),
        *(
            column
            for target in targets
            for column in (
                Column(f"score_{target}", Kind.PERCENT),
                Column(f"gain_{target}", Kind.POINTS),
                Column(f"half_width_{target}", Kind.POINTS),
            )
        ),
    )


def _scores(standing: Standing, targets: Sequence[str]) -> tuple[Value, ...]:
    of = {score.target: score for score in standing.targets}
    found: list[Value] = [standing.selected_by]
    for target in targets:
        score = of.get(target)
        gain = None if score is None else score.gain
        found.append(None if score is None else score.score)
        found += (None, None) if gain is None else (gain.mean, gain.half_width)
    return tuple(found)


def _scores_shown(
    results: SweepResults, targets: Sequence[str], shown: str | None
) -> tuple[Shown, ...]:
    return (
        Shown(f"{results.sweep.objective.split} (selects)", ("selecting_score",)),
        *(
            Shown(
                f"{target} {shown} (gain ± 95 %)",
                (f"score_{target}", f"gain_{target}", f"half_width_{target}"),
                Cell.SCORE_AND_GAIN,
            )
            for target in targets
        ),
    )


def _setting(standing: Standing, path: str) -> Value:
    """A searched setting; None where the plan does not take it."""
    if path not in standing.settings:
        return None
    value = standing.settings[path]
    return value if isinstance(value, str | int | float) else label(value)
