"""The driver's ear at the stage service: says what the sweep wishes, hears what happens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from sweeps.execution.client import ServiceClient
from sweeps.execution.steady import never_steering
from sweeps.execution.wish import Wish
from sweeps.spec.control import CANCEL, PAUSE, RUN, STOP
from xlt_core.vocabulary.events import Event

WAIT_SECONDS = 0.5
# What a wish comes to, said when it is first heard.
WISHES = {
    RUN: "going on",
    PAUSE: "paused: what runs goes on, nothing new begins until `xlt resume`",
    STOP: "stopping: running stages finish first",
    CANCEL: "ending: running stages keep a checkpoint",
}

log = logging.getLogger("xlt.attendant")


class Attendant:
    """A context: attends in a thread of its own, hears everything out, then leaves."""

    def __init__(self, client: ServiceClient, wish: Wish, note: Callable[[Event], None]) -> None:
        self._client = client
        self._wish = wish
        self._note = note
        self._last = 0
        self._wished = RUN
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._attend, name="xlt-attend", daemon=True)

    def __enter__(self) -> Attendant:
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

    def _attend(self) -> None:
        while not self._over.is_set():
            self._hear(WAIT_SECONDS)

    def _hear(self, wait: float) -> None:
        """Attend once. Whatever goes wrong, the next try may hear: a deaf driver is left behind."""
        try:
            wished = self._wish.current()
            self._say(wished)
            heard = self._client.attend(wished, self._last, wait)
        except Exception:  # this thread may not die: without it the sweep is released
            log.exception("the stage service could not be attended")
            self._over.wait(WAIT_SECONDS)
            return
        for number, event in heard:
            self._last = max(self._last, number)
            with never_steering(f"noting {event.kind}"):
                self._note(event)

    def _say(self, wished: str) -> None:
        """Say what is wished of the sweep from now on, once."""
        if wished != self._wished:
            self._wished = wished
            with never_steering("saying what is wished"):
                self._note(Event("phase", fields={"text": WISHES[wished]}))
