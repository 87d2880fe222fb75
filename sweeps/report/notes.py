"""What a reader must know to believe the tables, a sentence each: selection, gaps, ties, overlaps.

Of every report, on a terminal and on a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeps.report.plans import with_number
from sweeps.results.rows import SweepResults, overlap_texts
from sweeps.results.tables import incomplete, ranked, without_baseline
from sweeps.results.winners import ways_of_choosing, winners
from sweeps.search.trial import TrialState
from sweeps.spec.selection import only_english, selection
from sweeps.spec.sweep import Objective


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
            "chose nothing. A gain is against the baseline at the same seed and recipe, in points "
            "± half of its 95 % interval."
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


def _trials(numbers: Sequence[int]) -> str:
    word = "trial" if len(numbers) == 1 else "trials"
    return f"{word} {', '.join(map(str, numbers))}"


def _seeds_note(results: SweepResults) -> str:
    if len(results.sweep.seeds) > 1:
        return "."
    return "; one seed says nothing of how another would do, so there are none."
