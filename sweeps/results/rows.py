"""Result rows: one score each of a finished trial, with its gain over the baseline.

Read from the two truths alone: the study says which trials finished, the store has their scores.
`tables` turns rows into answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from sweeps.results.settings import settings_of
from sweeps.search.of_sweep import candidates_of
from sweeps.search.trial import TrialState
from sweeps.spec.sweep import Settings, Sweep
from xlt_core.stages import EvaluateStage
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import family_of
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.results.tables import Standing
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.sweep import Objective
    from xlt_core.store.stored import StoredStage

Cell = tuple[str, str, str, int]  # target, language, split, seed

PRIMARY = "primary"  # the metric's name where a task is judged by a mean of others (F1 and EM)


@dataclass(frozen=True)
class ScoreRow:
    """One score.

    Attributes:
        score: percent, full precision.
        gain: score minus the baseline's at the same target, language, seed, split, metric and
            recipe of the target; None where the baseline is not in the store.
        primary: whether the task is judged by this metric.
        asked: whether the language is one of the target's, which means are over; English may only
            be there to select by.
        settings: the searched settings of the trial, by dotted path.
        beside: whether this is not the trial itself but the baseline it brought along, with the
            trial's settings of the targets' own training.
    """

    trial: int
    plan: str
    target: str
    language: str
    family: str
    seed: int
    split: str
    metric: str
    score: float
    gain: float | None
    primary: bool = True
    asked: bool = True
    settings: Settings = field(default_factory=dict, hash=False)
    beside: bool = False

    @property
    def cell(self) -> Cell:
        """What it is a score of."""
        return self.target, self.language, self.split, self.seed

    def to_json(self) -> dict[str, object]:
        """The columns that `xlt results --json` promises: the attributes, by their names."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {
            "settings": dict(self.settings)
        }


@dataclass(frozen=True)
class SweepResults:
    """Everything a report of one sweep is made of.

    Attributes:
        ranked: what `tables.ranked` has worked out of it.
    """

    sweep: Sweep
    prepared: ResolvedInputs
    trials: tuple[Trial, ...]
    rows: tuple[ScoreRow, ...]
    ranked: dict[Objective, tuple[Standing, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @cached_property
    def asked(self) -> frozenset[Cell]:
        """Every score that the sweep as it is now asks of each trial."""
        return asked_cells(self.sweep, self.prepared)


def asked_cells(sweep: Sweep, prepared: ResolvedInputs) -> frozenset[Cell]:
    """Every score that the sweep asks of each trial: once it was extended, more than there were."""
    return frozenset(
        (target.task, ref.language, split, seed)
        for target in sweep.targets
        for split in sweep.splits
        for ref in prepared.evaluated(target.task, split)
        for seed in sweep.seeds
    )


def read_results(folder: SweepFolder, store: StageReader | None = None) -> SweepResults:
    """Rows of every finished trial of the sweep in `folder`, at this moment.

    Args:
        store: what stages are read through; the sweep's own store without.

    Raises:
        UserMistake: the sweep has not started yet, its files do not read, or its tasks are others
            by now.
    """
    from sweeps.results.status import read_sweep
    from sweeps.search.claim import require_same_tasks
    from sweeps.search.study_reader import read_attrs
    from xlt_core.store import Store

    sweep, prepared, trials = read_sweep(folder)
    if prepared is None:
        raise _not_started(folder)
    require_same_tasks(read_attrs(sweep.storage, sweep.name), sweep, prepared, folder)
    rows = rows_of(sweep, prepared, store or Store(sweep.store), trials)
    return SweepResults(sweep, prepared, trials, tuple(rows))


def overlap_texts(prepared: ResolvedInputs) -> tuple[str, ...]:
    """Every overlap that was flagged, one sentence each."""
    return tuple(
        f"{flag.intermediate} overlaps with {flag.target}: {flag.reason}"
        for flag in prepared.overlaps
    )


def rows_of(
    sweep: Sweep, prepared: ResolvedInputs, store: StageReader, trials: Iterable[Trial]
) -> Iterator[ScoreRow]:
    """Rows of the finished ones among `trials`, in order of trial, target, language and seed; then
    those of the baselines that they brought along and that are no trial of their own."""
    reader = ScoreReader(store)
    finished = sorted((t for t in trials if t.state == TrialState.FINISHED), key=lambda t: t.number)
    for trial in finished:
        yield from trial_rows(sweep, prepared, trial, reader)
    for baseline in baselines_beside(sweep, finished):
        for row in trial_rows(sweep, prepared, baseline, reader):
            yield replace(row, beside=True)


def baselines_beside(sweep: Sweep, trials: Iterable[Trial]) -> Iterator[Trial]:
    """The baselines with the trials' own settings, each once, with the first trial's number.

    They are choices like any other: where no plan does better, the baseline is the answer.
    """
    candidates, known, brought = candidates_of(sweep), set(), []
    for trial in trials:
        known.add(candidates.key(*candidates.canonical(trial.plan, trial.settings)))
        brought.append((trial, *candidates.canonical(Plan(), trial.settings)))
    for trial, plan, settings in brought:
        if (key := candidates.key(plan, settings)) not in known:
            known.add(key)
            yield replace(trial, plan=plan, settings=settings)


def trial_rows(
    sweep: Sweep, prepared: ResolvedInputs, trial: Trial, reader: ScoreReader
) -> Iterator[ScoreRow]:
    """Rows of one trial: whatever of its evaluations the store holds.

    The baseline is found by what it is, not by its number: the stage that the empty plan with the
    trial's own settings would be scored by. So a trial with another learning rate of the target is
    held against a baseline with that learning rate, or against none.
    """
    from sweeps.spec.trials import paths_of_trial

    baseline = {
        _cell(stage, path.target, path.seed): stage
        for path in paths_of_trial(sweep, prepared, Plan(), trial.settings)
        for stage in path.evaluations
    }
    asked = {target.task: target for target in sweep.targets}
    settings = settings_of(sweep, trial)
    paths = paths_of_trial(sweep, prepared, trial.plan, trial.settings)
    reader.learn(chain(baseline.values(), *(path.evaluations for path in paths)))
    for path in paths:
        for stage in path.evaluations:
            scores = reader.metrics(stage)
            against = reader.metrics(baseline[_cell(stage, path.target, path.seed)])
            primary = reader.primary(stage)
            for metric, score in scores.items():
                yield ScoreRow(
                    trial=trial.number,
                    plan=str(trial.plan),
                    target=path.target,
                    language=stage.data.language,
                    family=family_of(stage.data.language),
                    seed=path.seed,
                    split=stage.data.split,
                    metric=metric,
                    score=score,
                    gain=score - against[metric] if metric in against else None,
                    primary=metric == primary,
                    asked=asked[path.target].asks(stage.data.language),
                    settings=settings,
                )


def _cell(stage: EvaluateStage, target: str, seed: int) -> Cell:
    return target, stage.data.language, stage.data.split, seed


class StageReader(Protocol):
    """What stages are read from: a store, or `ReadOnce` before it."""

    def read(self, key: str) -> StoredStage | None:
        """The stage, or None where there is none."""
        ...

    def read_all(self, keys: Iterable[str]) -> dict[str, StoredStage]:
        """Those of the stages that are there."""
        ...


class ReadOnce:
    """Reads each stage of a store once and keeps it, for as long as a trial or sweep is looked at.

    A stage is as it was when it was first asked for.
    """

    def __init__(self, store: StageReader) -> None:
        self._store = store
        self._known: dict[str, StoredStage | None] = {}

    def read(self, key: str) -> StoredStage | None:
        """The stage, or None where there was none."""
        if key not in self._known:
            self._known[key] = self._store.read(key)
        return self._known[key]

    def read_all(self, keys: Iterable[str]) -> dict[str, StoredStage]:
        """Those of the stages that were there."""
        wanted = dict.fromkeys(keys)
        new = [key for key in wanted if key not in self._known]
        self._known |= dict.fromkeys(new) | self._store.read_all(new)
        return {key: found for key in wanted if (found := self._known[key]) is not None}


class ScoreReader:
    """Scores of evaluation stages, each read once; many at a time where `learn` is told."""

    def __init__(self, store: StageReader) -> None:
        self._store = store
        self._known: dict[str, tuple[Mapping[str, float], str]] = {}

    def learn(self, stages: Iterable[EvaluateStage]) -> None:
        """Read what of these is not known yet."""
        new = [stage.key for stage in stages if stage.key not in self._known]
        found = self._store.read_all(new)
        self._known |= {key: _scores_of(found.get(key)) for key in new}

    def metrics(self, stage: EvaluateStage) -> Mapping[str, float]:
        """Percent by metric, the primary one among them; empty where the stage is not stored."""
        return self._read(stage.key)[0]

    def primary(self, stage: EvaluateStage) -> str:
        """The name of the metric that the task is judged by."""
        return self._read(stage.key)[1]

    def _read(self, key: str) -> tuple[Mapping[str, float], str]:
        if key not in self._known:
            self._known[key] = _scores_of(self._store.read(key))
        return self._known[key]


def _scores_of(stored: StoredStage | None) -> tuple[Mapping[str, float], str]:
    return ({}, "") if stored is None else _scores(stored.json("scores.json"))


def _scores(data: Mapping[str, Any]) -> tuple[Mapping[str, float], str]:
    """Metrics by name, and the name of the one that judges; a mean becomes a metric of its own."""
    metrics = {str(name): float(value) for name, value in data["metrics"].items()}
    judges = judging_metrics(str(data["task"]))
    if len(judges) == 1 and judges[0] in metrics:
        return metrics, judges[0]
    return {**metrics, PRIMARY: float(data["primary"])}, PRIMARY


@cache
def judging_metrics(task: str) -> tuple[str, ...]:
    """The metrics whose mean a task is judged by; none where the task is not known here."""
    from xlt_core.metrics import METRICS
    from xlt_core.tasks import get_task

    try:
        return METRICS[get_task(task).metric].primary
    except UserMistake:
        return ()


def _not_started(folder: SweepFolder) -> Exception:
    what, remedy = (
        "has not started: nothing was computed yet",
        f"xlt resume {folder.called} starts it",
    )
    return UserMistake(Mistake(folder.name, what, remedy))
