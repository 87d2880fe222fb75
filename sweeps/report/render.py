"""How a report looks on a terminal and in a text file. Says nothing that `tables` does not know.

Every table carries its n, and says what selected the plan and on what it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sweeps.report.families import of_every_plan, of_winners, progress_of, with_number
from sweeps.report.text import as_text
from sweeps.results.rows import SweepResults, judging_metrics, overlap_texts
from sweeps.results.settings import short, whole
from sweeps.results.tables import (
    Meaning,
    Standing,
    incomplete,
    meanings,
    ranked,
    shown_split,
    without_baseline,
)
from sweeps.results.winners import selected_by, ways_of_choosing, winners
from sweeps.search.trial import TrialState
from sweeps.spec.selection import only_english, selection
from sweeps.spec.sweep import Objective
from sweeps.statistics.points import signed
from xlt_core.vocabulary.languages import ENGLISH

BEST = 5  # plans listed, where not all are asked for


def text_report(results: SweepResults) -> str:
    """The report as a plain file has it."""
    return as_text(results_report(results))


def results_report(results: SweepResults, every: bool = False) -> RenderableType:
    """Best plans, or every one; both winners, and their gains by language family."""
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    if not results.rows:
        return Text(f"{results.sweep.name}: no trial has finished yet; nothing to show.")
    parts: list[RenderableType] = [*_heading(results, shown), Text()]
    parts += [*best_plans(results, shown, every), Text(), winners_table(results, shown)]
    parts += [*winning_settings(results), Text()]
    if shown is not None:
        parts += of_winners(results)
        parts += of_every_plan(results, shown) if every else []
    parts += [Text(note, style="dim") for note in notes(results, shown)]
    return Group(*parts)


def best_plans(
    results: SweepResults, shown: str | None, every: bool = False
) -> Iterator[RenderableType]:
    """The best plans by the sweep's objective and the baseline, or every plan; what is left out."""
    found = ranked(results, results.sweep.objective)
    chosen = found if every else _best(found)
    left_out = len(found) - len(chosen)
    some = f" ({len(chosen)} of {len(found)})" if left_out else ""
    yield _plans(f"Best plans{some}, {selected_by(results)}", chosen, results, shown)
    if left_out:
        yield Text(f"{left_out} more: `--all` of `xlt results` lists every plan")


def _best(found: Sequence[Standing]) -> tuple[Standing, ...]:
    return (*found[:BEST], *(each for each in found[BEST:] if each.trial == 0))


def _plans(
    title: str, chosen: Sequence[Standing], results: SweepResults, shown: str | None
) -> Table:
    """A table of plans, with the settings that were searched and a score for each target."""
    table = Table(title=title, title_justify="left")
    table.add_column("trial", justify="right")
    table.add_column("plan", overflow="fold")
    is_searched = any(standing.settings for standing in chosen)
    if is_searched:
        table.add_column("settings", overflow="fold")
    table.add_column(f"{results.sweep.objective.split} (selects)", justify="right")
    targets = _target_names(chosen)
    for target in targets:
        table.add_column(f"{target} {shown} (gain)", justify="right")
    for standing in chosen:
        table.add_row(
            "–" if standing.beside else str(standing.trial),
            standing.plan,
            *([short(standing.settings)] if is_searched else ()),
            _number(standing.selected_by),
            *(_cell(standing, target) for target in targets),
        )
    return table


def winners_table(results: SweepResults, shown: str | None) -> Table:
    """Both ways of choosing, side by side."""
    table = Table(title="The winner by each way of choosing", title_justify="left")
    table.add_column("chosen by")
    table.add_column("plan", overflow="fold")
    table.add_column(f"{results.sweep.objective.split} (selects)", justify="right")
    found = {one.languages: one.standing for one in winners(results)}
    targets = _target_names(tuple(found.values()))
    for target in targets:
        table.add_column(f"{target} {shown} (gain)", justify="right")
    for languages in ways_of_choosing(results):
        label = selected_by(results, languages)
        standing = found.get(languages)
        if standing is None:
            table.add_row(label, "no score to choose by", "–", *("–" for _ in targets))
            continue
        table.add_row(
            label,
            with_number(standing),
            _number(standing.selected_by),
            *(_cell(standing, target) for target in targets),
        )
    return table


def winning_settings(results: SweepResults) -> Iterator[Text]:
    """The searched settings of each winner in full, so that it can be trained again."""
    found = {one.standing.choice: one.standing for one in winners(results)}
    for standing in found.values():
        if standing.settings:
            yield Text(f"{with_number(standing)} was trained with {whole(standing.settings)}")


def notes(results: SweepResults, shown: str | None) -> Iterator[str]:
    """What a reader must know to believe the tables, one sentence each."""
    sweep = results.sweep
    if shown is None:
        yield (
            f"Plans are chosen on {sweep.objective.split} and no other split was evaluated, so no "
            "score may be shown: add `test` to splits."
        )
    else:
        yield (
            f"Plans are chosen on {sweep.objective.split}; scores and gains are {shown}, which "
            "chose nothing. A gain is against the baseline at the same seed and recipe, in points."
        )
    yield (
        "Family: unweighted mean over its languages of the mean over seeds; intervals are for "
        "other languages of the family and other seeds" + _seeds_note(results)
    )
    for languages in ways_of_choosing(results):
        chosen = selection(sweep, results.prepared, languages)
        if chosen.silent:
            yield chosen.sentence()
    if sentence := only_english(sweep, results.prepared):
        yield sentence
    yield from _gains_missing(results, shown)
    left_out = incomplete(results.rows, results.asked)
    if left_out:
        yield (
            "Left out of the comparison, lacking scores that the sweep asks for now: "
            f"{_trials(left_out)}."
        )
    yield from _ties(results)
    failed = [trial.number for trial in results.trials if trial.state == TrialState.FAILED]
    if failed:
        yield f"Failed: {_trials(failed)} (`xlt logs` has the errors)."
    yield from overlap_texts(results.prepared)
    yield from results.prepared.notes


def _ties(results: SweepResults) -> Iterator[str]:
    """Who shares the first place with a winner; the earlier one is named."""
    for one in winners(results):
        best, objective = one.standing, Objective(results.sweep.objective.split, one.languages)
        choices = ranked(results, objective)
        equal = [s for s in choices if s.selected_by == best.selected_by and s != best]
        if equal:
            names = ", ".join(map(with_number, equal))
            yield f"As good as the winner, {one.chosen_by}: {names}; the earlier one is named."


def _gains_missing(results: SweepResults, shown: str | None) -> Iterator[str]:
    """Which trials have no gain, why, and what can be done."""
    lacking = without_baseline(results.rows, shown) if shown is not None else {}
    for target, trials in lacking.items():
        yield (
            f"No gain on {target}: {_trials(trials)}. The baseline with their settings of the "
            "target's training is not in the store: it failed (`xlt logs` says so), was pruned, or "
            "was never asked for; `xlt resume` computes what is missing."
        )


def _heading(results: SweepResults, shown: str | None) -> Iterator[RenderableType]:
    finished, every = progress_of(results)
    seeds = " ".join(map(str, results.sweep.seeds))
    yield Text(
        f"{results.sweep.name}: {finished} of {every} trials finished, "
        f"seeds {seeds}; chosen on {results.sweep.objective.split}, shown on {shown or 'nothing'}",
        style="bold",
    )
    for meaning in meanings(results.rows, shown or results.sweep.objective.split):
        yield Text(meaning_text(meaning))


def meaning_text(meaning: Meaning) -> str:
    """What is shown of a target, in words."""
    judges = judging_metrics(meaning.target)
    metric = f"the mean of {' and '.join(judges)}" if len(judges) > 1 else meaning.metric
    number = len(meaning.languages)
    languages = "language" if number == 1 else "languages"
    english = "English among them" if ENGLISH in meaning.languages else "English not among them"
    return f"{meaning.target}: {metric}, averaged over {number} {languages}, {english}"


def _target_names(found: Sequence[Standing]) -> list[str]:
    return sorted({score.target for standing in found for score in standing.targets})


def _cell(standing: Standing, target: str) -> str:
    for score in standing.targets:
        if score.target == target:
            gain = signed(score.gain.mean) if score.gain is not None else "no baseline"
            return f"{score.score:.2f} ({gain})"
    return "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _trials(numbers: Sequence[int]) -> str:
    word = "trial" if len(numbers) == 1 else "trials"
    return f"{word} {', '.join(map(str, numbers))}"


def _seeds_note(results: SweepResults) -> str:
    if len(results.sweep.seeds) > 1:
        return "."
    return "; one seed says nothing of how another would do, so there are none."
