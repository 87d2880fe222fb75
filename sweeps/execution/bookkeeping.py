"""Writing down what happens: events to disk and screen at once, records to MLflow behind.

Nothing decides by what is written here; whatever is lost with a killed driver is projected again
from the study and the store.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType

from sweeps.report.projection import Projection
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import Prepared
from sweeps.spec.sweep import Sweep
from sweeps.tracking.handle import TrackerHandle
from xlt_core.vocabulary.events import Event


class Bookkeeper:
    """A context: opens the journal and the tracker, closes both."""

    def __init__(
        self,
        sweep: Sweep,
        prepared: Prepared,
        folder: SweepFolder,
        observe: Callable[[Event], None],
    ) -> None:
        self._sweep = sweep
        self._folder = folder
        self._observe = observe
        self._projection = Projection(sweep, prepared, folder)
        self._tracker = TrackerHandle(folder.spool, sweep.tracking)
        self._lock = threading.Lock()
        self._work: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._track, name="xlt-tracking", daemon=True)

    def __enter__(self) -> Bookkeeper:
        self._journal = self._folder.events.open("a", encoding="utf-8")
        self._tracker.start()
        self._thread.start()
        self.note(Event("sweep_started", fields={"name": self._sweep.name}))
        return self

    def note(self, event: Event) -> None:
        """Write an event down, show it, and queue what MLflow should learn from it."""
        with self._lock:
            if event.kind != "stage_progress":
                self._journal.write(event.to_line() + "\n")
                self._journal.flush()
            self._observe(event)
        if event.kind in ("sweep_started", "stage_done", "trial_finished", "trial_failed"):
            self._work.put(event)

    def close(self, state: str) -> None:
        """The sweep's run of the driver is over: say so everywhere."""
        self.note(Event("sweep_finished", fields={"name": self._sweep.name, "state": state}))
        self._work.put(None)
        self._thread.join()
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
        left = self._tracker.finish()
        if left:
            self._observe(
                Event(
                    "message",
                    fields={
                        "text": f"{left} records wait for the tracking server; "
                        f"`xlt sync {self._sweep.name}` sends them"
                    },
                )
            )
        self._journal.close()

    def _track(self) -> None:
        while (event := self._work.get()) is not None:
            for record in self._projection.after(event):
                self._tracker.put(record)
