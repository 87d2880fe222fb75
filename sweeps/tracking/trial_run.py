"""What MLflow should say of a trial and of the stages it is made of, from the stored facts.

Neighbours: `project` (how a trial's record looks), `stage_run` (a stage's), `sweep_run`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sweeps.results.rows import (
    ReadOnce,
    ScoreReader,
    ScoreRow,
    StageReader,
    asked_cells,
    trial_rows,
)
from sweeps.results.stages import is_own
from sweeps.results.states import SweepState, TrialStanding
from sweeps.results.status import state_of_trial
from sweeps.results.tables import selecting_score
from sweeps.search.trial import TrialState
from sweeps.spec.selection import selection
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import TrialPath, baseline_beside, paths_of_trial
from sweeps.tracking.first_trials import FirstTrials
from sweeps.tracking.project import stage_record, trial_record
from sweeps.tracking.status import text_of
from xlt_core.stages import TrainStage, lineage
from xlt_core.store.about import About
from xlt_core.tasks import overlap
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.tracking.records import RunRecord

# A trained stage and those of its evaluations whose scores are said with it.
StageScores = tuple[str, tuple[str, ...]]


def trial_projection(
    sweep: Sweep,
    sweep_id: str,
    prepared: ResolvedInputs,
    stages: ReadOnce,
    trial: Trial,
    at: float = 0.0,
    said: set[StageScores] | None = None,
    sweep_state: SweepState = SweepState.RUNNING,
    first: FirstTrials | None = None,
) -> Iterator[RunRecord]:
    """A trial's record, then those of its trained stages that are stored, scores included, and of
    the baseline's beside it.

    Its times are those of the stages that the sweep computed for it, which the store keeps; one
    that found all of them there took none.

    Args:
        sweep_id: the sweep's folder's.
        at: seconds since the epoch; stands in for a trial that has no stage of the sweep's own.
        said: stages of which nothing is to be said again; those said now are added.
        sweep_state: where the sweep stands; a trial without a result is open unless that runs.
        first: under which trial each stage hangs.
    """
    paths = paths_of_trial(sweep, prepared, trial.plan, trial.settings)
    beside = baseline_beside(sweep, prepared, trial.plan, trial.settings)
    stages.read_all(chain(keys_of(paths), keys_of(beside)))
    abouts = abouts_of(stages, paths)
    own = [about for about in abouts.values() if is_own(about, sweep.name, sweep_id)]
    rows = list(trial_rows(sweep, prepared, trial, ScoreReader(stages)))
    # Means over a part of what is asked for now would be numbers of their own: they wait.
    asked = asked_cells(sweep, prepared)
    is_whole = {row.cell for row in rows if row.primary} >= asked
    is_short = trial.state == TrialState.FINISHED and not is_whole
    state = state_of_trial(trial, sweep_state, (trial.number,) if is_short else ())
    if abouts or trial.state != TrialState.RUNNING:
        started, ended = _span(own, at or _span(abouts.values(), at)[1])
        yield trial_record(
            sweep.name,
            trial.number,
            str(trial.plan),
            trial.settings,
            state,
            None if is_short else objective_of(sweep, trial, rows if is_whole else ()),
            rows if trial.state == TrialState.FINISHED and is_whole else (),
            list(keys_of(paths)),
            started,
            None if state == TrialStanding.RUNNING else ended,
            trial.error,
            overlap=overlaps_of(sweep, trial.plan),
            selection=selection(sweep, prepared),
            facts=facts_of(sweep, prepared, trial, paths),
            sweep_id=sweep_id,
            asked=len(asked),
        )
    known = set() if said is None else said
    for trained, evaluations in _evaluations((*paths, *beside)).items():
        there = tuple(key for key in evaluations if stages.read(key) is not None)
        if (trained, there) not in known:
            known.add((trained, there))
            yield from stored_record(sweep.name, sweep_id, stages, trained, there, first)


def facts_of(
    sweep: Sweep, prepared: ResolvedInputs, trial: Trial, paths: Sequence[TrialPath]
) -> dict[str, str]:
    """What a table of trials groups by, beside the plan: encoder, training method, seeds."""
    trained = [stage for path in paths for stage in lineage(path.trained)]
    methods = dict.fromkeys(s.recipe.method for s in trained if isinstance(s, TrainStage))
    return {
        "encoder": prepared.encoder_of(trial.settings).name,
        "method": "+".join(sorted(methods)) or "none",
        "seeds": text_of(sweep.seeds),
    }


def objective_of(sweep: Sweep, trial: Trial, rows: Sequence[ScoreRow]) -> float | None:
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


def stored_record(
    sweep: str,
    sweep_id: str,
    store: StageReader,
    key: str,
    evaluations: Sequence[str],
    first: FirstTrials | None = None,
) -> Iterator[RunRecord]:
    """A trained stage's record with the scores of these evaluations; none if it is not stored."""
    stored = store.read(key)
    if stored is None:
        return
    curve: Iterable[Mapping[str, float]] = (
        stored.json("curve.json") if "curve.json" in stored.files else ()
    )
    scores = [
        {**found.json("scores.json"), "at": found.about["finished"]}
        for evaluation in evaluations
        if (found := store.read(evaluation)) is not None
    ]
    trial = None if first is None else first.of({"key": key, **stored.about})
    yield stage_record(sweep, stored.about, curve, scores, sweep_id=sweep_id, trial=trial)


def _evaluations(paths: Sequence[TrialPath]) -> dict[str, list[str]]:
    """Keys of the evaluations asked of each trained stage, parents first."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for stage in lineage(path.trained):
            found.setdefault(stage.key, [])
        for evaluation in path.evaluations:
            found.setdefault(evaluation.trained.key, []).append(evaluation.key)
    return found


def keys_of(paths: Sequence[TrialPath]) -> Iterator[str]:
    """Keys of all stages of a trial, each once, parents first."""
    keys = ([s.key for s in lineage(p.trained)] + [s.key for s in p.evaluations] for p in paths)
    return iter(dict.fromkeys(chain.from_iterable(keys)))


def abouts_of(store: StageReader, paths: Sequence[TrialPath]) -> dict[str, About]:
    """What is written down about each stage that is stored, by its key."""
    return {key: stored.about for key, stored in store.read_all(keys_of(paths)).items()}


def _span(abouts: Iterable[About], otherwise: float) -> tuple[float, float]:
    """When the first of these stages began and the last was done."""
    times = [(float(about["started"]), float(about["finished"])) for about in abouts]
    if not times:
        return otherwise, otherwise
    return min(start for start, _ in times), max(end for _, end in times)
