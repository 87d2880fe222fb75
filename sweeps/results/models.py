"""The models of a sweep, one a trial, target and seed: which is meant, and what it scored.

Next: `sweeps.report.card`, which words it; `sweeps.interface.exporting`, which writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sweeps.results.rows import ScoreReader, ScoreRow, SweepResults, trial_rows
from sweeps.results.settings import settings_of
from sweeps.results.winners import SELECTED_BY, Winner, ways_of_choosing, winners
from sweeps.search.trial import TrialState
from sweeps.spec.trials import TrialPath, paths_of_trial
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.trial import Trial
    from sweeps.spec.sweep import Settings, Sweep
    from xlt_core.store import Store

ENGLISH_CHOOSES = "english"


@dataclass(frozen=True)
class Asked:
    """Which model is asked for.

    Attributes:
        trial: its number; None for the best.
        chosen_by: what chooses the best, `english` or `all`.
        target, seed: None where the sweep has one alone; of several seeds the first is meant.
    """

    trial: int | None = None
    chosen_by: str = ENGLISH_CHOOSES
    target: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class ModelOfTrial:
    """A model.

    Attributes:
        trial: as the study has it; of a baseline that a trial brought along, with the empty plan.
        beside: whether it is such a baseline.
        path: its training and its evaluations.
        way: what chose it, `english` or `all`; empty where it was asked for by its number.
        chosen: the same in words.
        notes: sentences on what was taken without being asked for.
    """

    sweep: Sweep
    trial: Trial
    beside: bool
    path: TrialPath
    way: str
    chosen: str
    notes: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        """The searched settings that it was trained with, by dotted path."""
        return settings_of(self.sweep, self.trial)

    @property
    def called(self) -> str:
        """One line for people."""
        which = f"trial {self.trial.number}"
        if self.beside:
            which = f"the baseline beside {which}"
        elif not self.trial.plan.steps:
            which += " (the baseline: nothing is trained before the target)"
        return f"{self.sweep.name}, {which}: {self.path.target}, seed {self.path.seed}"


@dataclass(frozen=True)
class ModelScore:
    """One score of a model: the row, and how many examples it is over."""

    row: ScoreRow
    examples: int


def model_of(results: SweepResults, asked: Asked) -> ModelOfTrial:
    """The model that is asked for.

    Raises:
        UserMistake: there is no such trial, target or seed; the sweep has several targets and none
            is named; nothing chooses yet.
    """
    target = _target(results.sweep, asked.target)
    trial, beside, chosen = _trial(results, asked)
    seed = _seed(results.sweep, asked.seed)
    paths = paths_of_trial(results.sweep, results.prepared, trial.plan, trial.settings)
    (path,) = [one for one in paths if (one.target, one.seed) == (target, seed)]
    notes = []
    if asked.seed is None and len(results.sweep.seeds) > 1:
        others = ", ".join(str(one) for one in results.sweep.seeds[1:])
        notes.append(f"seed {seed} is taken, the first; --seed names another: {others}")
    if trial.state == TrialState.FAILED:
        notes.append(f"trial {trial.number} failed elsewhere: {first_line(trial.error)}")
    way = asked.chosen_by if asked.trial is None else ""
    return ModelOfTrial(results.sweep, trial, beside, path, way, chosen, tuple(notes))


def scores_of(model: ModelOfTrial, results: SweepResults, store: Store) -> Iterator[ModelScore]:
    """What the model scored, as far as the store has it, by split and language."""
    counted = {}
    for stage in model.path.evaluations:
        found = store.read(stage.key)
        if found is not None:
            counted[stage.data.split, stage.data.language] = found.json("scores.json")["examples"]
    rows = trial_rows(results.sweep, results.prepared, model.trial, ScoreReader(store))
    for row in sorted(rows, key=lambda row: (row.split, row.language, not row.primary)):
        if (row.target, row.seed) == (model.path.target, model.path.seed):
            yield ModelScore(row, counted[row.split, row.language])


def _target(sweep: Sweep, asked: str | None) -> str:
    names = [target.task for target in sweep.targets]
    if asked is None and len(names) > 1:
        what = f"the sweep has {len(names)} targets, each with models of its own"
        raise UserMistake(Mistake("--target", what, f"name one: {', '.join(names)}"))
    if asked is not None and asked not in names:
        raise _none(f"--target {asked}", "is no target of the sweep", names)
    return asked or names[0]


def _seed(sweep: Sweep, asked: int | None) -> int:
    if asked is not None and asked not in sweep.seeds:
        raise _none(f"--seed {asked}", "is no seed of the sweep", sweep.seeds)
    return sweep.seeds[0] if asked is None else asked


def _none(where: str, what: str, there: Iterable[object]) -> UserMistake:
    return UserMistake(Mistake(where, what, f"there are: {', '.join(map(str, there))}"))


def _trial(results: SweepResults, asked: Asked) -> tuple[Trial, bool, str]:
    """The trial, whether the baseline beside it is meant, and what chose it."""
    by_number = {trial.number: trial for trial in results.trials}
    if asked.trial is not None:
        if asked.trial not in by_number:
            there = [f"0 to {max(by_number)}"] if by_number else ["none yet"]
            raise _none(f"--trial {asked.trial}", "is no trial of the sweep", there)
        return by_number[asked.trial], False, ""
    found = _winner(results, asked.chosen_by)
    trial = by_number[found.standing.trial]
    if found.standing.beside:
        trial = replace(trial, plan=Plan())
    return trial, found.standing.beside, found.chosen_by


def _winner(results: SweepResults, chosen_by: str) -> Winner:
    ways = ways_of_choosing(results)
    if chosen_by not in SELECTED_BY:
        raise _none(f"--chosen-by {chosen_by}", "is no way of choosing", ways)
    for one in winners(results):
        if one.languages == chosen_by:
            return one
    if chosen_by not in ways:
        what = "only English has data to choose by in this sweep"
        raise UserMistake(Mistake(f"--chosen-by {chosen_by}", what, "leave it out"))
    what = f"{results.sweep.name} has nothing yet that is chosen on {chosen_by}"
    remedy = "name a trial by its number (--trial), once one has finished"
    raise UserMistake(Mistake("--best", what, remedy))
