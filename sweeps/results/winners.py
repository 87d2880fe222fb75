"""The winners: what each way of choosing selects, and what may be shown of it.

Honest selection keeps them apart: one chosen on English alone, as zero-shot transfer demands, and
one on the target languages, which is marked. Whoever shows a winner takes it from here. Neighbours:
`tables` (which plan is best), `sweeps.spec.selection` (who can choose).
"""

from __future__ import annotations

from dataclasses import dataclass

from sweeps.results.rows import SweepResults
from sweeps.results.tables import (
    SELECTIONS,
    FamilyGain,
    Standing,
    family_gains,
    first,
    ranked,
    shown_split,
)
from sweeps.spec.selection import only_english, selection
from sweeps.spec.sweep import Objective, Settings

SELECTED_BY = {
    "english": "selected on English {split} (zero-shot)",
    "all": "selected on target languages ({split} of every language; not zero-shot)",
}


@dataclass(frozen=True)
class Winner:
    """What one way of choosing selects.

    Attributes:
        languages: what it looked at, `english` or `all`.
        chosen_by: the same in words, as the tables say it.
        is_zero_shot: whether no target language had a say.
        shown: the split of what is shown of it; None where there is none that did not select.
        standing: the trial, what selected it and its scores and gains by target.
        families: its gains by target and language family; none of a baseline, or where the
            baseline with its settings is missing.
    """

    languages: str
    chosen_by: str
    is_zero_shot: bool
    shown: str | None
    standing: Standing
    families: tuple[FamilyGain, ...]

    def __repr__(self) -> str:
        scores = ", ".join(f"{each.target} {each.score:.2f}" for each in self.standing.targets)
        return (
            f"Winner(plan={self.plan!r}, trial={self.standing.trial}, {self.chosen_by}, "
            f"{self.shown}: {scores})"
        )

    @property
    def plan(self) -> str:
        """The plan that was chosen."""
        return self.standing.plan

    @property
    def settings(self) -> Settings:
        """The searched settings it was trained with, by dotted path."""
        return self.standing.settings


def winners(results: SweepResults) -> tuple[Winner, ...]:
    """One for each way of choosing that has something to choose by, English first."""
    return tuple(one for way in ways_of_choosing(results) if (one := _winner(results, way)))


def ways_of_choosing(results: SweepResults) -> tuple[str, ...]:
    """`english` and `all`; where only English has data to select on there is no other."""
    return ("english",) if only_english(results.sweep, results.prepared) else SELECTIONS


def selected_by(results: SweepResults, languages: str | None = None) -> str:
    """What selects, in words; without `languages`, by the sweep's own objective."""
    chosen = selection(results.sweep, results.prepared, languages)
    which = "all" if chosen.is_on_targets else "english"
    return SELECTED_BY[which].format(split=chosen.objective.split)


def _winner(results: SweepResults, languages: str) -> Winner | None:
    objective = Objective(results.sweep.objective.split, languages)
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    found = first(ranked(results, objective))
    if found is None:
        return None
    return Winner(
        languages,
        selected_by(results, languages),
        not selection(results.sweep, results.prepared, languages).is_on_targets,
        shown,
        found,
        _families(results, found, shown),
    )


def _families(
    results: SweepResults, standing: Standing, shown: str | None
) -> tuple[FamilyGain, ...]:
    if standing.is_baseline or shown is None:
        return ()
    return family_gains(results.rows, standing.trial, shown)
