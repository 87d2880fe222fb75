"""What MLflow should say of a whole sweep, from the stored facts. Next: `trial_run`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sweeps.results.facts import SweepFacts, facts_of
from sweeps.results.rows import (
    ReadOnce,
    ScoreRow,
    SweepResults,
    asked_cells,
    rows_of,
)
from sweeps.results.states import SweepState
from sweeps.results.status import count_stages, read_events
from sweeps.results.tables import first, incomplete, ranked
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.spec.paths import SPEC, SweepFolder
from sweeps.spec.selection import selection
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import paths_of_trial
from sweeps.tracking.diff import NOTE_TAG
from sweeps.tracking.inputs import inputs_of
from sweeps.tracking.project import Best, sweep_record
from sweeps.tracking.sweep_page import PAGE, description
from sweeps.tracking.trial_run import abouts_of, objective_of
from sweeps.tracking.views import views
from xlt_core.vocabulary.events import Event, SweepStarted

if TYPE_CHECKING:
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.tracking.records import RunRecord

# What people read of a sweep, texts by file name; how they look is not tracking's business.
Texts = Callable[[SweepFacts], Mapping[str, str]]


def whole_sweep_record(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    store: ReadOnce,
    trials: Sequence[Trial],
    state: SweepState,
    at: float | None,
    texts: Texts,
) -> RunRecord:
    """The sweep's record with everything that is known of it now."""
    ends = dict(_trial_ends(sweep, prepared, store, trials))
    last = max(ends.values(), default=0.0) if at is None else at
    events = read_events(folder)
    started, ended = times_of_sweep(events, last)
    results = SweepResults(
        sweep, prepared, tuple(trials), tuple(rows_of(sweep, prepared, store, trials))
    )
    facts = facts_of(results, folder, store, state, events)
    artifacts = {**spec_artifact(folder), **texts(facts)}
    left_out, best = incomplete(results.rows, results.asked), best_of(results)
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
            **{f"trials/{name}": value for name, value in vars(facts.trials).items()},
            **{f"stages/{name}": value for name, value in vars(count_stages(facts.stages)).items()},
        },
        best=best,
        best_scores=[] if best is None else scores_of(results, best),
        objectives=[
            (trial.number, value, ends[trial.number])
            for trial in trials
            if trial.number in ends
            and (value := objective_of(sweep, trial, whole.get(trial.number, ()))) is not None
        ],
        environment=_environment(sweep, prepared, store, trials),
        selection=selection(sweep, prepared),
        page=page_tags(
            *(sweep, folder, events, results),
            is_whole=state != SweepState.RUNNING,
            has_page=PAGE in artifacts,
        ),
        inputs=inputs_of(prepared),
        views=views(folder, results),
        artifacts=artifacts,
        sweep_id=folder.identity,
        asked=asked_of_all(sweep, prepared),
    )


def asked_of_all(sweep: Sweep, prepared: ResolvedInputs) -> int:
    """How many scores the sweep asks for, of all trials there are to be: extended, of more."""
    planned = planned_trials(sweep, candidates_of(sweep)) or 1
    return planned * len(asked_cells(sweep, prepared))


def page_tags(
    sweep: Sweep,
    folder: SweepFolder,
    events: Sequence[Event],
    results: SweepResults | None = None,
    is_whole: bool = True,
    has_page: bool = False,
) -> dict[str, str]:
    """What MLflow's own page of a run shows: the description, what was run, at which commit."""
    commits = [e.commit for e in events if isinstance(e, SweepStarted) and e.commit]
    return {
        NOTE_TAG: description(sweep, folder, results, is_whole, has_page),
        "mlflow.source.name": f"xlt resume {sweep.name}",
        "mlflow.source.type": "LOCAL",
        **({"mlflow.source.git.commit": commits[-1]} if commits else {}),
    }


def best_of(results: SweepResults) -> Best | None:
    """The trial that stands first in the results, which read off the scores there are now.

    What the search was told may be of fewer seeds or languages, if the sweep was extended.
    """
    found = first(ranked(results, results.sweep.objective))
    if found is None or found.selected_by is None:
        return None
    return Best(found.trial, found.plan, found.selected_by, found.beside)


def scores_of(results: SweepResults, best: Best) -> list[ScoreRow]:
    """Every score of the best one."""
    wanted = (best.number, best.beside)
    return [row for row in results.rows if (row.trial, row.beside) == wanted]


def _trial_ends(
    sweep: Sweep, prepared: ResolvedInputs, store: ReadOnce, trials: Sequence[Trial]
) -> Iterator[tuple[int, float]]:
    """When each trial's last stage was finished; the study keeps no times, the store does."""
    for trial in trials:
        abouts = abouts_of(store, paths_of_trial(sweep, prepared, trial.plan, trial.settings))
        if abouts:
            yield trial.number, max(float(about["finished"]) for about in abouts.values())


def _environment(
    sweep: Sweep, prepared: ResolvedInputs, store: ReadOnce, trials: Sequence[Trial]
) -> dict[str, str]:
    """Versions that computed the baseline, as the store has them; empty before that."""
    for trial in trials[:1]:
        for about in abouts_of(
            store, paths_of_trial(sweep, prepared, trial.plan, trial.settings)
        ).values():
            versions = (about.get("worker") or {}).get("versions") or {}
            return {name: str(version) for name, version in versions.items()}
    return {}


def times_of_sweep(events: Sequence[Event], otherwise: float) -> tuple[float, float]:
    """First start and last sign of life by the journal, or `otherwise` where it is gone.

    A clock may have been set back in between, or be another machine's.
    """
    times = [event.at for event in events]
    return min(times, default=otherwise), max(times, default=otherwise)


def spec_artifact(folder: SweepFolder) -> dict[str, str]:
    """The sweep's own spec, as a file to be kept with its run."""
    return {SPEC: folder.files.read(SPEC) or ""}
