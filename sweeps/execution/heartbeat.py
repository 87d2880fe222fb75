"""The driver's ear at the stage service: says what is desired of the sweep, hears what happens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from sweeps.execution.client import ServiceClient
from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.steady import never_steering
from sweeps.spec.desired_state import DesiredState
from xlt_core.vocabulary.events import Event, Phase

WAIT_SECONDS = 0.5
# What each comes to, said when it is first heard.
MEANINGS = {
    DesiredState.RUN: "going on",
    DesiredState.PAUSE: "paused: what runs goes on, nothing new begins until `xlt resume`",
    DesiredState.STOP: "stopping: running stages finish first",
    DesiredState.CANCEL: "ending: running stages keep a checkpoint",
}

log = logging.getLogger("xlt.heartbeat")


class DriverHeartbeat:
    """A context: beats in a thread of its own, hears everything out, then leaves."""

    def __init__(
        self, client: ServiceClient, desired: DesiredStateWatch, note: Callable[[Event], None]
    ) -> None:
        self._client = client
        self._desired = desired
        self._note = note
        self._last = 0
        self._told_state = DesiredState.RUN
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="xlt-heartbeat", daemon=True)

    def __enter__(self) -> DriverHeartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._hear(0.0)
        self._client.leave()

    def _beat(self) -> None:
        while not self._over.is_set():
            self._hear(WAIT_SECONDS)

    def _hear(self, wait: float) -> None:
        """Attend once. Whatever goes wrong, the next try may hear: a deaf driver is left behind."""
        try:
            desired = self._desired.current()
            self._say(desired)
            heard = self._client.heartbeat(desired, self._last, wait)
        except Exception:  # this thread may not die: without it the sweep is released
            log.exception("the stage service could not be reached")
            self._over.wait(WAIT_SECONDS)
            return
        for number, event in heard:
            self._last = number
            with never_steering(f"noting {event.kind}"):
                self._note(event)

    def _say(self, desired: DesiredState) -> None:
        """Say what is desired of the sweep from now on, once."""
        if desired != self._told_state:
            self._told_state = desired
            with never_steering("saying what is desired"):
                self._note(Phase(MEANINGS[desired]))
