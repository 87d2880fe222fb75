"""Writing down what happens: events to disk and screen at once, records to MLflow behind.

Nothing decides by what is written here; whatever is lost with a killed driver is projected again
from the study and the store.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

from sweeps.execution.journal import Journal
from sweeps.execution.left import Left
from sweeps.execution.now import NowNote
from sweeps.execution.resources import Staff
from sweeps.execution.share_of_time import ShareOfTime
from sweeps.execution.steady import never_steering
from sweeps.report.artifacts import with_page
from sweeps.results.states import SweepState
from sweeps.search.study import SweepStudy
from sweeps.spec.code import code_commit
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.paths import EVENTS, SweepFolder
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import paths_asked
from sweeps.tracking.backlog import read_backlog
from sweeps.tracking.client import TrackerClient
from sweeps.tracking.projection import Projection
from xlt_core.stages.tree import StageTree
from xlt_core.store import Store
from xlt_core.vocabulary.events import (
    Event,
    Message,
    Phase,
    StageDone,
    StageProgress,
    SweepFinished,
    SweepStarted,
    SweepWaits,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WorkerFailed,
    Workers,
)
from xlt_core.vocabulary.plan import Plan

log = logging.getLogger("xlt.recorder")

# Events that change what MLflow or the store's pins should say.
BOOKED = (SweepStarted, StageDone, TrialStarted, TrialFinished, TrialFailed)
# MLflow's process takes its seconds of a core when workers have got going, or cannot.
UNDER_WAY = (StageProgress, StageDone, SweepWaits, WorkerFailed, TrialFinished, TrialFailed)
# What is shown and not kept.
PASSING = (StageProgress, Workers, Phase)
# The sweep's page is written again while it runs: not more often, and for a fiftieth of the time.
PAGE_SECONDS = 30.0
PAGE_SHARE = 1 / 50


class EventRecorder:
    """A context: opens the journal and the tracker, closes both."""

    def __init__(
        self,
        sweep: Sweep,
        prepared: ResolvedInputs,
        folder: SweepFolder,
        study: SweepStudy,
        observe: Callable[[Event], None],
    ) -> None:
        self._sweep = sweep
        self._prepared = prepared
        self._store = Store(sweep.store)
        self._folder = folder
        self._observe = observe
        self._journal = Journal(folder.files, EVENTS, together=folder.is_remote)
        self._projection = Projection(sweep, prepared, folder, study, with_page)
        self._tracker = TrackerClient(folder.spool, sweep.tracking)
        self._said_of_tracking: tuple[str, str, int] = ("", "", 0)
        self._said_namesake = False
        self._left = Left()
        self._now = NowNote(folder.files)
        self._page = ShareOfTime(PAGE_SECONDS, PAGE_SHARE, time.monotonic())
        self._lock = threading.Lock()
        self._work: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._track, name="xlt-tracking", daemon=True)

    def __enter__(self) -> EventRecorder:
        with never_steering("taking back what MLflow refused"):
            self._tracker.ready()
        self._thread.start()
        self.note(SweepStarted(self._sweep.name, code_commit()))
        return self

    def note(self, event: Event) -> None:
        """Write an event down, show it, queue what MLflow should learn from it. Never raises."""
        with self._lock:
            for known in self._left.take(event):
                if not isinstance(known, PASSING):
                    with never_steering(f"writing {known.kind} down"):
                        self._journal.write(known)
                with never_steering(f"noting that {known.kind} goes on"):
                    self._now.take(known)
                with never_steering(f"showing {known.kind}"):
                    self._observe(known)
        if isinstance(event, UNDER_WAY):
            with never_steering("starting to track"):
                self._tracker.start()
        if isinstance(event, BOOKED):
            self._work.put(event)

    def staffed(self, found: Staff) -> None:
        """What workers occupy, for whoever watches."""
        self._now.staffed(found)

    def close(self, state: SweepState) -> None:
        """The sweep's run of the driver is over: say so everywhere."""
        self.note(SweepFinished(self._sweep.name, state))
        self._work.put(None)
        self._thread.join()
        with never_steering("tracking the end"):
            for record in self._projection.closing(state, time.time()):
                self._tracker.put(record)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self._work.put(None)
        with never_steering("tracking to the end"):
            self.note(Phase("sending the last records to MLflow"))
            self._tracker.finish()
            self._say_backlog()
            if self._tracker.lost:
                remedy = f"`xlt sync {self._folder.called}` sends them"
                self._say(f"{self._tracker.lost} records found no room on the disk; {remedy}")
        self._now.close()
        self._journal.close()

    def _track(self) -> None:
        """Book events as they come, behind the search. What fails here, `xlt sync` makes good."""
        while (event := self._work.get()) is not None:
            try:
                self._book(event)
                self._say_backlog(waiting=False)
            except Exception as error:
                log.exception("not tracked: %s", event.kind)
                self._say(f"not tracked: {event.kind} ({error}); `xlt sync` makes it good")

    def _book(self, event: Event) -> None:
        if isinstance(event, TrialStarted) and event.plan is not None:
            with never_steering("keeping stages from being pruned"):
                self._pin(event.plan, event.settings or {})
        for record in self._projection.after(event):
            self._tracker.put(record)
        if isinstance(event, SweepStarted):
            # A driver killed between a result and its record: say again what was told before.
            for number in self._projection.told():
                self._page.hurry()
                self._work.put(TrialFinished(trial=number))
        if isinstance(event, TrialFinished):
            self._write_page(event.at)

    def _write_page(self, at: float) -> None:
        """Have the sweep's page say how it stands, if that is due: an answer that is hours old
        looks like today's."""
        began = time.monotonic()
        if self._page.due(began):
            self._tracker.put(self._projection.so_far(at))
            self._page.took(began, time.monotonic())

    def _pin(self, plan: str, settings: Mapping[str, Any]) -> None:
        """Keep the trial's stages from being pruned."""
        paths = paths_asked(self._sweep, self._prepared, Plan.parse(plan), settings)
        self._store.pin(
            self._sweep.name, StageTree.of((p.trained, p.evaluations) for p in paths).stages
        )

    def _say_backlog(self, *, waiting: bool = True) -> None:
        """Say what MLflow has not taken, each thing once, and whether a namesake is there."""
        found = read_backlog(self._folder.spool)
        if found.namesake and not self._said_namesake:
            self._said_namesake = True
            self._say(f"{found.namesake}; each keeps runs of its own, told apart by `xlt.sweep_id`")
        found = found if waiting else replace(found, waiting=0)
        reason = (found.reason, found.gap, found.waiting)
        if reason != self._said_of_tracking:
            self._said_of_tracking = reason
            for text in found.sentences(self._sweep.name):
                self._say(text)

    def _say(self, text: str) -> None:
        self.note(Message(text))
