"""Gains by language family: the winners', or every plan's.

Each gain stands with its n and its interval, or with why it has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeps.report.document import Cell, Column, Kind, Paragraph, Part, Shown, Table
from sweeps.report.estimates import COLUMNS, GAIN, INTERVAL, NUMBERS, values
from sweeps.report.plans import named
from sweeps.results.rows import SweepResults
from sweeps.results.tables import Choice, FamilyGain, family_gains, incomplete, ranked
from sweeps.results.winners import Winner, winners
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.search.trial import TrialState


def of_winners(results: SweepResults) -> Iterator[Part]:
    """One table a winner; one in all where both ways choose the same plan."""
    for one, chosen_by in alike(results):
        caption = f"Gain by language family: {named(one)}, {chosen_by}"
        yield no_gains(results, one, chosen_by) or gains_table(caption, one)


def alike(results: SweepResults) -> list[tuple[Winner, str]]:
    """The winners, each with all ways that choose its very plan."""
    found: dict[Choice, tuple[Winner, list[str]]] = {}
    for one in winners(results):
        found.setdefault(one.standing.choice, (one, []))[1].append(one.chosen_by)
    return [(one, " and ".join(selections)) for one, selections in found.values()]


def of_every_plan(results: SweepResults, shown: str) -> Iterator[Table]:
    """A table for each target: plans, best first, by families."""
    found = ranked(results, results.sweep.objective)
    gains = {
        each.choice: family_gains(results.rows, each.trial, shown)
        for each in found
        if not each.is_baseline and not each.beside
    }
    by_cell = {(c, one.target, one.family): one for c, own in gains.items() for one in own}
    for target in sorted({target for _, target, _ in by_cell}):
        families = sorted({family for _, name, family in by_cell if name == target})
        yield Table(
            f"every-plan-{target}",
            f"Gain by language family on {target} {shown}, every plan (± half of 95 %)",
            (
                Column("trial", Kind.COUNT),
                Column("plan"),
                *(
                    Column(f"{what}_{family}", Kind.POINTS)
                    for family in families
                    for what in ("gain", "half_width")
                ),
            ),
            tuple(
                (
                    each.trial,
                    each.plan,
                    *(
                        value
                        for family in families
                        for value in _gain_and_doubt(by_cell.get((each.choice, target, family)))
                    ),
                )
                for each in found
                if each.choice in gains
            ),
            (
                Shown("trial", ("trial",)),
                Shown("plan", ("plan",), folds=True),
                *(
                    Shown(
                        family,
                        (f"gain_{family}", f"half_width_{family}"),
                        Cell.GAIN_AND_DOUBT,
                        folds=True,
                    )
                    for family in families
                ),
            ),
        )


def progress_of(results: SweepResults) -> tuple[int, int]:
    """Trials that have all that is asked of them, and all there are to be."""
    left_out = incomplete(results.rows, results.asked)
    ended = [trial for trial in results.trials if trial.state == TrialState.FINISHED]
    finished = [trial for trial in ended if trial.number not in left_out]
    planned = planned_trials(results.sweep, candidates_of(results.sweep)) or 0
    return len(finished), max(planned, len(results.trials))


def no_gains(results: SweepResults, winner: Winner, chosen: str) -> Paragraph | None:
    """Why a winner has no gains to show; None where it has."""
    choices = ranked(results, results.sweep.objective)
    finished, every = progress_of(results)
    if finished < every and all(s.is_baseline for s in choices):
        return Paragraph("Only the baseline is complete so far: there is no gain to show yet.")
    if winner.standing.is_baseline:
        return Paragraph(f"The baseline is the winner, {chosen}: there is no gain to show.")
    if not winner.families:
        name = named(winner)
        return Paragraph(f"No baseline has the settings of {name}, {chosen}: no gain to show.")
    return None


def gains_table(caption: str, winner: Winner) -> Table:
    """Gains of one plan by target and language family, with n and interval."""
    gains: Sequence[FamilyGain] = winner.families
    return Table(
        f"families-{winner.languages}",
        caption,
        (Column("target"), Column("family"), *COLUMNS),
        tuple((line.target, line.family, *values(line.gain)) for line in gains),
        (
            Shown("target", ("target",)),
            Shown("family", ("family",)),
            GAIN,
            INTERVAL,
            *NUMBERS,
        ),
    )


def _gain_and_doubt(line: FamilyGain | None) -> tuple[float | None, float | None]:
    return (None, None) if line is None else (line.gain.mean, line.gain.half_width)
