"""What cannot be concluded from a sweep, and what has to be known to believe it."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.report.notes import notes
from sweeps.results.facts import SweepFacts
from sweeps.results.gains import plan_gains
from sweeps.results.rows import SweepResults
from sweeps.results.states import SweepState
from sweeps.results.tables import meanings, shown_split
from sweeps.statistics.cells import missing
from sweeps.statistics.limits import out_of_reach

_NAMED = 6  # missing cells of a target that are named


def limits(facts: SweepFacts) -> Iterator[str]:
    """A sentence each."""
    results = facts.results
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    yield from _unfinished(facts)
    languages = [len(one.languages) for one in meanings(results.rows, shown or "")]
    yield from out_of_reach(len(results.sweep.seeds), min(languages, default=1))
    yield from _missing(results)
    yield from notes(results, shown)


def state_sentence(facts: SweepFacts) -> str:
    """Where the sweep stands, and how many of its trials are complete."""
    counts = facts.trials
    said = f"{facts.name} is {facts.state}: {counts.finished} of {counts.asked} trials are finished"
    more = [(counts.failed, "failed"), (counts.running, "running"), (counts.open, "open")]
    return "; ".join([said, *(f"{number} {word}" for number, word in more if number)]) + "."


def _unfinished(facts: SweepFacts) -> Iterator[str]:
    if facts.state not in (SweepState.FINISHED, SweepState.FAILED):
        yield (
            f"The sweep is {facts.state}: what is said is of the trials that are complete so far, "
            "and may change."
        )
    elif facts.trials.open:
        yield (
            f"{facts.trials.open} trials lack what the sweep asks for now (it was extended, or "
            f"stages were lost): `xlt resume {facts.called}` goes on with them."
        )


def _missing(results: SweepResults) -> Iterator[str]:
    gaps: dict[str, set[tuple[str, int]]] = {}
    for one in plan_gains(results):
        gaps.setdefault(one.target, set()).update(missing(one.cells))
    for target, cells in gaps.items():
        if cells:
            named = ", ".join(
                f"{language} seed {seed}" for language, seed in sorted(cells)[:_NAMED]
            )
            more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
            yield f"Gains on {target} lack cells, which are not filled in: {named}{more}."
