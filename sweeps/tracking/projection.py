"""From the two truths to what MLflow should say: records of a sweep, its trials, its stages.

The driver asks for the records of what just happened (`Projection`), `xlt sync` for all of them
(`sweep_projection`). Both come from the same stored facts, times included, so that saying a thing
twice says the same. How a record looks is `sweeps.tracking.project`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweeps.results.rows import ReadOnce
from sweeps.results.states import SweepState
from sweeps.results.status import (
    read_events,
    read_sweep,
    state_now,
)
from sweeps.search.trial import TrialState
from sweeps.spec.selection import selection
from sweeps.spec.sweep import Sweep
from sweeps.tracking.first_trials import FirstTrials
from sweeps.tracking.inputs import inputs_of
from sweeps.tracking.project import sweep_record
from sweeps.tracking.sweep_run import (
    Texts,
    asked_of_all,
    page_tags,
    spec_artifact,
    times_of_sweep,
    whole_sweep_record,
)
from sweeps.tracking.trial_run import StageScores, stored_record, trial_projection
from sweeps.tracking.views import views
from xlt_core.stages import KINDS
from xlt_core.store import Store
from xlt_core.vocabulary.events import (
    Event,
    StageDone,
    SweepStarted,
    TrialFailed,
    TrialFinished,
    TrialStarted,
)
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.study import SweepStudy
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.paths import SweepFolder
    from sweeps.tracking.records import RunRecord


class Projection:
    """The records of one sweep while its driver is at work. Used from one thread."""

    def __init__(
        self,
        sweep: Sweep,
        prepared: ResolvedInputs,
        folder: SweepFolder,
        study: SweepStudy,
        texts: Texts,
    ) -> None:
        self._sweep = sweep
        self._prepared = prepared
        self._folder = folder
        self._study = study
        self._texts = texts
        self._store = Store(sweep.store)
        self._id = folder.identity
        self._said: set[StageScores] = set()
        self._first = FirstTrials(sweep, self._id, prepared)

    def after(self, event: Event) -> Iterator[RunRecord]:
        """What MLflow should learn from an event; nothing for most kinds.

        A trained stage's run comes when it is done; its scores come with the first trial that has
        all of them.
        """
        if isinstance(event, SweepStarted):
            self._first.note_all(self._study.trials())
            yield self._sweep_so_far(event.at)
        elif isinstance(event, TrialStarted) and event.trial is not None and event.plan:
            settings: Mapping[str, Any] = event.settings or {}
            self._first.note(event.trial, Plan.parse(event.plan), settings)
        elif isinstance(event, StageDone) and _trains(event.of):
            self._said.add((event.stage, ()))
            yield from stored_record(
                self._sweep.name, self._id, self._store, event.stage, (), self._first
            )
        elif isinstance(event, TrialFinished | TrialFailed) and event.trial is not None:
            trial = self._study.trial(event.trial)
            if trial is not None and trial.state != TrialState.RUNNING:
                self._first.note(trial.number, trial.plan, trial.settings)
                yield from trial_projection(
                    self._sweep,
                    self._id,
                    self._prepared,
                    ReadOnce(self._store),
                    trial,
                    event.at,
                    self._said,
                    first=self._first,
                )

    def so_far(self, at: float) -> RunRecord:
        """The sweep's own record while it runs, with the answer of what is complete.

        Args:
            at: now, where the journal does not say.
        """
        return whole_sweep_record(
            self._sweep,
            self._prepared,
            self._folder,
            ReadOnce(self._store),
            self._study.trials(),
            SweepState.RUNNING,
            at,
            self._texts,
        )

    def closing(self, state: SweepState, at: float) -> Iterator[RunRecord]:
        """The sweep's own record at the end of a driver's run, and its trials' once more.

        Args:
            state: how it ended.
            at: when, where the journal does not say.
        """
        trials, stages = self._study.trials(), ReadOnce(self._store)
        yield whole_sweep_record(
            self._sweep, self._prepared, self._folder, stages, trials, state, at, self._texts
        )
        # A trial may have finished before the baseline had the scores that its gains are over.
        ended = [trial for trial in trials if trial.state != TrialState.RUNNING]
        yield from _trials(
            self._sweep, self._prepared, self._folder, stages, ended, state, trials, self._said
        )

    def told(self) -> list[int]:
        """Numbers of the trials that have a result."""
        return [trial.number for trial in self._study.trials() if trial.state != TrialState.RUNNING]

    def _sweep_so_far(self, at: float) -> RunRecord:
        events = read_events(self._folder)
        started, _ = times_of_sweep(events, at)
        return sweep_record(
            self._sweep.name,
            self._sweep.source,
            SweepState.RUNNING,
            started,
            selection=selection(self._sweep, self._prepared),
            page=page_tags(self._sweep, self._folder, events),
            inputs=inputs_of(self._prepared),
            views=views(self._folder),
            artifacts=spec_artifact(self._folder),
            sweep_id=self._id,
            asked=asked_of_all(self._sweep, self._prepared),
        )


def _trains(kind: str) -> bool:
    """Whether stages of a kind have a run that comes as soon as they are done."""
    return kind in KINDS and KINDS[kind].trains


def sweep_projection(folder: SweepFolder, texts: Texts) -> Iterator[RunRecord]:
    """Every record of the sweep in `folder`: the sweep, its trials, their stages.

    A sweep that has not started yet has none.

    Raises:
        UserMistake: the stored spec or the study does not read.
    """
    sweep, prepared, trials = read_sweep(folder)
    if prepared is None:
        return
    stages = ReadOnce(Store(sweep.store))
    state = state_now(folder, trials)
    yield whole_sweep_record(sweep, prepared, folder, stages, trials, state, None, texts)
    yield from _trials(sweep, prepared, folder, stages, trials, state, trials, set())


def _trials(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    stages: ReadOnce,
    trials: Sequence[Trial],
    state: SweepState,
    every: Sequence[Trial],
    said: set[StageScores],
) -> Iterator[RunRecord]:
    """The records of these trials; see `trial_projection`."""
    first = FirstTrials(sweep, folder.identity, prepared)
    first.note_all(every)
    ends = {event.trial: event.at for event in read_events(folder) if event.trial is not None}
    for trial in trials:
        at = ends.get(trial.number, 0.0)
        yield from trial_projection(
            sweep, folder.identity, prepared, stages, trial, at, said, state, first
        )
