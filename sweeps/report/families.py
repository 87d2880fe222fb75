"""Gains by language family on a terminal and in a text file: the winners', or every plan's.

Used by `render`, which has the other tables. Each gain stands with its n and its interval, or with
why it has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sweeps.results.rows import SweepResults
from sweeps.results.tables import Choice, FamilyGain, Standing, family_gains, incomplete, ranked
from sweeps.results.winners import Winner, winners
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.search.trial import TrialState
from sweeps.statistics.points import signed


def of_winners(results: SweepResults) -> Iterator[RenderableType]:
    """One table a winner; one in all where both ways choose the same plan."""
    found: dict[Choice, tuple[Winner, list[str]]] = {}
    for one in winners(results):
        found.setdefault(one.standing.choice, (one, []))[1].append(one.chosen_by)
    for one, selections in found.values():
        yield _gains(results, one, " and ".join(selections))
        yield Text()


def of_every_plan(results: SweepResults, shown: str) -> Iterator[RenderableType]:
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
        title = f"Gain by language family on {target} {shown}, every plan (± half of 95 %)"
        table = Table(title=title, title_justify="left")
        table.add_column("trial", justify="right")
        table.add_column("plan", overflow="fold")
        for family in families:
            table.add_column(family, justify="right", overflow="fold")
        for each in found:
            if each.choice in gains:
                cells = [by_cell.get((each.choice, target, family)) for family in families]
                table.add_row(str(each.trial), each.plan, *map(_gain_and_doubt, cells))
        yield table
        yield Text()


def progress_of(results: SweepResults) -> tuple[int, int]:
    """Trials that have all that is asked of them, and all there are to be."""
    left_out = incomplete(results.rows, results.asked)
    ended = [trial for trial in results.trials if trial.state == TrialState.FINISHED]
    finished = [trial for trial in ended if trial.number not in left_out]
    planned = planned_trials(results.sweep, candidates_of(results.sweep)) or 0
    return len(finished), max(planned, len(results.trials))


def with_number(standing: Standing) -> str:
    """A plan with the trial that has it."""
    which = "beside trial" if standing.beside else "trial"
    return f"{standing.plan} ({which} {standing.trial})"


def _gains(results: SweepResults, winner: Winner, chosen: str) -> RenderableType:
    """A winner's gains, or why there are none."""
    standing, choices = winner.standing, ranked(results, results.sweep.objective)
    finished, every = progress_of(results)
    if finished < every and all(s.is_baseline for s in choices):
        return Text("Only the baseline is complete so far: there is no gain to show yet.")
    if standing.is_baseline:
        return Text(f"The baseline is the winner, {chosen}: there is no gain to show.")
    name = with_number(standing) if standing.settings else standing.plan
    if not winner.families:
        return Text(f"No baseline has the settings of {name}, {chosen}: no gain to show.")
    return _table(f"Gain by language family: {name}, {chosen}", winner.families)


def _table(title: str, gains: Sequence[FamilyGain]) -> Table:
    """Gains of one plan by target and language family, with n and interval."""
    table = Table(title=title, title_justify="left")
    for name in ("target", "family"):
        table.add_column(name)
    for name in ("gain", "95 % interval", "languages", "seeds"):
        table.add_column(name, justify="right")
    for line in gains:
        table.add_row(
            line.target,
            line.family,
            signed(line.gain.mean),
            line.gain.interval_text,
            str(line.gain.languages),
            str(line.gain.seeds),
        )
    return table


def _gain_and_doubt(line: FamilyGain | None) -> str:
    if line is None:
        return "–"
    half = line.gain.half_width
    doubt = "not estimable" if half is None else f"± {half:.2f}"
    return f"{signed(line.gain.mean)} {doubt}"
