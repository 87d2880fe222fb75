"""From the two truths to what MLflow should say: records of a sweep, its trials, its stages.

The driver asks for the records of what just happened (`Projection`), `xlt sync` for all of them
(`sweep_projection`). Both come from the same stored facts, times included, so that saying a thing
twice says the same. How a record looks is `sweeps.tracking.project`'s business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from sweeps.results.rows import (
    ReadOnce,
    ScoreReader,
    ScoreRow,
    StageReader,
    SweepResults,
    asked_cells,
    rows_of,
    trial_rows,
)
from sweeps.results.status import (
    RUNNING,
    count_stages,
    count_trials,
    lacking,
    read_events,
    read_sweep,
    state_of_trial,
    sweep_status,
)
from sweeps.results.tables import incomplete, selecting_score, shown_split, winner
from sweeps.search.trial import TrialState
from sweeps.spec.selection import selection
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import TrialPath, baseline_beside, paths_of_trial
from sweeps.tracking.project import Best, stage_record, sweep_record, trial_record
from xlt_core.stages import TrainStage, lineage
from xlt_core.store import Store
from xlt_core.tasks import overlap
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.study import SweepStudy
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.paths import SweepFolder
    from sweeps.tracking.records import RunRecord

# What people read of the results; how they look is not tracking's business.
Report = Callable[[SweepResults], str]
# A trained stage and those of its evaluations whose scores are said with it.
StageScores = tuple[str, tuple[str, ...]]


class Projection:
    """The records of one sweep while its driver is at work. Used from one thread."""

    def __init__(
        self,
        sweep: Sweep,
        prepared: ResolvedInputs,
        folder: SweepFolder,
        study: SweepStudy,
        report: Report,
    ) -> None:
        self._sweep = sweep
        self._prepared = prepared
        self._folder = folder
        self._study = study
        self._report = report
        self._store = Store(sweep.store)
        self._id = folder.identity
        self._said: set[StageScores] = set()

    def after(self, event: Event) -> Iterator[RunRecord]:
        """What MLflow should learn from an event; nothing for most kinds.

        A trained stage's run comes when it is done; its scores come with the first trial that has
        all of them.
        """
        if event.kind == "sweep_started":
            yield self._sweep_so_far(event.at)
        elif event.kind == "stage_done" and event.fields.get("of") == TrainStage.kind:
            self._said.add((event.stage, ()))
            yield from _stored_record(self._sweep.name, self._id, self._store, event.stage, ())
        elif event.kind in ("trial_finished", "trial_failed") and event.trial is not None:
            trial = self._study.trial(event.trial)
            if trial is not None and trial.state != RUNNING:
                yield from trial_projection(
                    self._sweep, self._id, self._prepared, self._store, trial, event.at, self._said
                )

    def closing(self, state: str, at: float) -> Iterator[RunRecord]:
        """The sweep's own record at the end of a driver's run, and its trials' once more.

        Args:
            state: how it ended.
            at: when, where the journal does not say.
        """
        trials = self._study.trials()
        yield whole_sweep_record(
            self._sweep, self._prepared, self._folder, self._store, trials, state, at, self._report
        )
        # A trial may have finished before the baseline had the scores that its gains are over.
        ended = [trial for trial in trials if trial.state != RUNNING]
        yield from _trials(
            self._sweep, self._prepared, self._folder, self._store, ended, state, self._said
        )

    def told(self) -> list[int]:
        """Numbers of the trials that have a result."""
        return [trial.number for trial in self._study.trials() if trial.state != RUNNING]

    def _sweep_so_far(self, at: float) -> RunRecord:
        started, _ = _times_of_sweep(self._folder, at)
        return sweep_record(
            self._sweep.name,
            self._sweep.source,
            RUNNING,
            started,
            selection=selection(self._sweep, self._prepared),
            artifacts=_spec_artifact(self._folder),
            sweep_id=self._id,
        )


def sweep_projection(folder: SweepFolder, report: Report) -> Iterator[RunRecord]:
    """Every record of the sweep in `folder`: the sweep, its trials, their stages.

    A sweep that has not started yet has none.

    Raises:
        UserMistake: the stored spec or the study does not read.
    """
    sweep, prepared, trials = read_sweep(folder)
    if prepared is None:
        return
    store = Store(sweep.store)
    state = sweep_status(folder).state
    yield whole_sweep_record(sweep, prepared, folder, store, trials, state, None, report)
    yield from _trials(sweep, prepared, folder, store, trials, state)


def _trials(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    store: Store,
    trials: Sequence[Trial],
    state: str,
    said: set[StageScores] | None = None,
) -> Iterator[RunRecord]:
    """The records of these trials; see `trial_projection`."""
    ends = {event.trial: event.at for event in read_events(folder) if event.trial is not None}
    for trial in trials:
        at = ends.get(trial.number, 0.0)
        yield from trial_projection(sweep, folder.identity, prepared, store, trial, at, said, state)


def trial_projection(
    sweep: Sweep,
    sweep_id: str,
    prepared: ResolvedInputs,
    store: Store,
    trial: Trial,
    at: float = 0.0,
    said: set[StageScores] | None = None,
    sweep_state: str = RUNNING,
) -> Iterator[RunRecord]:
    """A trial's record, then those of its trained stages that are stored, scores included, and of
    the baseline's beside it.

    Its times are those of its stages, which the store keeps.

    Args:
        sweep_id: the sweep's folder's.
        at: seconds since the epoch; stands in for a trial that failed before it had any stage.
        said: stages of which nothing is to be said again; those said now are added.
        sweep_state: where the sweep stands; a trial without a result is open unless that runs.
    """
    paths = paths_of_trial(sweep, prepared, trial.plan, trial.settings)
    stages = ReadOnce(store)
    abouts = _abouts(stages, paths)
    times = [(float(a["started"]), float(a["finished"])) for a in abouts.values()]
    rows = list(trial_rows(sweep, prepared, trial, ScoreReader(stages)))
    # Means over a part of what is asked for now would be numbers of their own: they wait.
    is_whole = {row.cell for row in rows if row.primary} >= asked_cells(sweep, prepared)
    is_short = trial.state == TrialState.FINISHED and not is_whole
    state = state_of_trial(trial, sweep_state, (trial.number,) if is_short else ())
    if times or trial.state != RUNNING:
        started, ended = _span(times, at)
        yield trial_record(
            sweep.name,
            trial.number,
            str(trial.plan),
            trial.settings,
            state,
            _objective(sweep, trial, rows if is_whole else ()),
            rows if trial.state == TrialState.FINISHED and is_whole else (),
            list(_keys(paths)),
            started,
            None if state == RUNNING else ended,
            trial.error,
            overlap=overlaps_of(sweep, trial.plan),
            selection=selection(sweep, prepared),
            sweep_id=sweep_id,
        )
    known = set() if said is None else said
    beside = baseline_beside(sweep, prepared, trial.plan, trial.settings)
    for trained, evaluations in _evaluations((*paths, *beside)).items():
        there = tuple(key for key in evaluations if stages.read(key) is not None)
        if (trained, there) not in known:
            known.add((trained, there))
            yield from _stored_record(sweep.name, sweep_id, stages, trained, there)


def whole_sweep_record(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    store: Store,
    trials: Sequence[Trial],
    state: str,
    at: float | None,
    report: Report,
) -> RunRecord:
    """The sweep's record with everything that is known of it now."""
    ends = dict(_trial_ends(sweep, prepared, store, trials))
    last = max(ends.values(), default=0.0) if at is None else at
    started, ended = _times_of_sweep(folder, last)
    counts = count_trials(trials, state, lacking(sweep, prepared, trials, store))
    stages = count_stages(sweep, prepared, trials, store, folder.identity)
    results = SweepResults(
        sweep, prepared, tuple(trials), tuple(rows_of(sweep, prepared, store, trials))
    )
    left_out = incomplete(results.rows, results.asked)
    whole: dict[int, list[ScoreRow]] = defaultdict(list)
    for row in results.rows:
        if not row.beside and row.trial not in left_out:
            whole[row.trial].append(row)
    return sweep_record(
        sweep.name,
        sweep.source,
        state,
        started,
        ended,
        counts={
            **{f"trials/{name}": value for name, value in vars(counts).items()},
            **{f"stages/{name}": value for name, value in vars(stages).items()},
        },
        best=best_of(results),
        objectives=[
            (trial.number, value, ends[trial.number])
            for trial in trials
            if trial.number in ends
            and (value := _objective(sweep, trial, whole.get(trial.number, ()))) is not None
        ],
        environment=_environment(sweep, prepared, store, trials),
        selection=selection(sweep, prepared),
        artifacts={**_spec_artifact(folder), "report.txt": report(results)},
        sweep_id=folder.identity,
    )


def best_of(results: SweepResults) -> Best | None:
    """The trial that stands first in the results, which read off the scores there are now.

    What the search was told may be of fewer seeds or languages, if the sweep was extended.
    """
    sweep = results.sweep
    shown = shown_split(sweep.splits, sweep.objective)
    found = winner(results.rows, sweep.objective, shown, results.asked)
    if found is None or found.selected_by is None:
        return None
    return Best(found.trial, found.plan, found.selected_by, found.beside)


def _objective(sweep: Sweep, trial: Trial, rows: Sequence[ScoreRow]) -> float | None:
    """What selects the trial, by its scores now; as the search was told where there are none."""
    judged = [row for row in rows if row.primary]
    found = selecting_score(judged, sweep.objective) if trial.state == TrialState.FINISHED else None
    return trial.value if found is None else found


def overlaps_of(sweep: Sweep, plan: Plan) -> list[str]:
    """What the plan's tasks share with the targets, one sentence each."""
    found = {
        f"{member.task} → {target.task}: {reason}"
        for step in plan.steps
        for member in step.members
        for target in sweep.targets
        if (reason := overlap(member.task, target.task)) is not None
    }
    return sorted(found)


def _stored_record(
    sweep: str, sweep_id: str, store: StageReader, key: str, evaluations: Sequence[str]
) -> Iterator[RunRecord]:
    stored = store.read(key)
    if stored is None:
        return
    curve: Any = stored.json("curve.json") if "curve.json" in stored.files else ()
    scores = [
        {**found.json("scores.json"), "at": found.about["finished"]}
        for evaluation in evaluations
        if (found := store.read(evaluation)) is not None
    ]
    yield stage_record(sweep, stored.about, curve, scores, sweep_id=sweep_id)


def _evaluations(paths: Sequence[TrialPath]) -> dict[str, list[str]]:
    """Keys of the evaluations asked of each trained stage, parents first."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for stage in lineage(path.trained):
            found.setdefault(stage.key, [])
        for evaluation in path.evaluations:
            found.setdefault(evaluation.trained.key, []).append(evaluation.key)
    return found


def _keys(paths: Sequence[TrialPath]) -> Iterator[str]:
    """Keys of all stages of a trial, each once, parents first."""
    keys = ([s.key for s in lineage(p.trained)] + [s.key for s in p.evaluations] for p in paths)
    return iter(dict.fromkeys(chain.from_iterable(keys)))


def _abouts(store: StageReader, paths: Sequence[TrialPath]) -> dict[str, dict[str, Any]]:
    found = {key: store.read(key) for key in _keys(paths)}
    return {key: stored.about for key, stored in found.items() if stored is not None}


def _trial_ends(
    sweep: Sweep, prepared: ResolvedInputs, store: Store, trials: Sequence[Trial]
) -> Iterator[tuple[int, float]]:
    """When each trial's last stage was finished; the study keeps no times, the store does."""
    known: dict[str, float | None] = {}
    for trial in trials:
        ends = []
        for key in _keys(paths_of_trial(sweep, prepared, trial.plan, trial.settings)):
            if key not in known:
                stored = store.read(key)
                known[key] = None if stored is None else float(stored.about["finished"])
            if (end := known[key]) is not None:
                ends.append(end)
        if ends:
            yield trial.number, max(ends)


def _environment(
    sweep: Sweep, prepared: ResolvedInputs, store: Store, trials: Sequence[Trial]
) -> dict[str, str]:
    """Versions that computed the baseline, as the store has them; empty before that."""
    for trial in trials[:1]:
        for about in _abouts(
            store, paths_of_trial(sweep, prepared, trial.plan, trial.settings)
        ).values():
            versions = (about.get("worker") or {}).get("versions") or {}
            return {name: str(version) for name, version in versions.items()}
    return {}


def _span(times: Sequence[tuple[float, float]], otherwise: float) -> tuple[float, float]:
    if not times:
        return otherwise, otherwise
    return min(start for start, _ in times), max(end for _, end in times)


def _times_of_sweep(folder: SweepFolder, otherwise: float) -> tuple[float, float]:
    """First start and last sign of life by the journal, or `otherwise` where it is gone."""
    events = read_events(folder)
    if not events:
        return otherwise, otherwise
    return events[0].at, events[-1].at


def _spec_artifact(folder: SweepFolder) -> dict[str, str]:
    return {"spec.yaml": folder.spec.read_text(encoding="utf-8")}
