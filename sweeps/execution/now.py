"""What goes on at this moment, `now.json` in a sweep's folder: for whoever watches it.

The journal has what happened; steps and speeds of what runs would make it grow without end, so they
stand here, replaced every few seconds while something changes. Nothing decides by it. Read by
`sweeps.report.watching`.
"""

from __future__ import annotations

import json
import logging
import threading
import time

from sweeps.execution.resources import Staff
from sweeps.report.progress import Tally
from sweeps.spec.files import Files
from sweeps.spec.paths import NOW
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.events import Event, Workers

PAUSE_SECONDS = 1.0  # at a URL as long as its other files are looked at

log = logging.getLogger("xlt.recorder")


class NowNote:
    """Takes events, from one thread at a time; writes by a thread of its own, until `close`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._tally = Tally(None)
        self._workers: Workers | None = None
        self._staff: Staff | None = None
        self._taking = threading.Lock()
        self._changed = False
        self._failing = False
        self._over = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="xlt-now", daemon=True)
        self._writer.start()

    def take(self, event: Event) -> None:
        """Learn what an event says of what goes on."""
        with self._taking:
            self._tally.add(event)
            if isinstance(event, Workers):
                self._workers = event
            self._changed = True

    def staffed(self, staff: Staff) -> None:
        """Learn what each worker occupies."""
        with self._taking:
            self._staff = staff

    def close(self) -> None:
        """Nothing goes on any longer."""
        self._over.set()
        self._writer.join()
        try:
            self._files.remove(NOW)
        except (OSError, UserMistake) as error:
            log.warning("%s stays: %s", self._files.where(NOW), error)

    def _write_on(self) -> None:
        while not self._over.wait(max(PAUSE_SECONDS, self._files.pause)):
            with self._taking:
                text, changed = self._text(), self._changed
                self._changed = False
            if changed:
                self._write(text)

    def _write(self, text: str) -> None:
        try:
            self._files.write(NOW, text)
            self._failing = False
        except (OSError, ValueError, UserMistake) as error:  # a full disk, a service that is away
            if not self._failing:
                log.warning("%s is not written for now: %s", self._files.where(NOW), error)
            self._failing = True

    def _text(self) -> str:
        stages = [{"stage": key, **vars(running)} for key, running in self._tally.running.items()]
        found: dict[str, object] = {"at": time.time(), "doing": self._tally.doing}
        if self._workers is not None:
            found |= {"ready": self._workers.ready, "of": self._workers.of}
        if self._staff is not None:
            found |= {"gpus": self._staff.shape.gpus}
        return json.dumps({**found, "stages": stages})
