"""The journal of a sweep, `events.jsonl`: whole lines, in order, whatever the disk does.

Nothing decides by it, so a disk that is full or away stops nobody: lines wait in memory until it
takes them again, the oldest going first if there are too many. In a folder here each line is
written as it comes; at a URL they are sent together, a few seconds late, by a thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from sweeps.spec.files import Files
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.event_lines import to_line
from xlt_core.vocabulary.events import Event

KEPT_LINES = 10_000
LAST_PAUSES = (1.0, 3.0, 9.0)  # between the last tries to send to a service

log = logging.getLogger("xlt.recorder")


class Journal:
    """Appends events to a text. One writer a text."""

    def __init__(self, files: Files, name: str, together: bool = False) -> None:
        self._where = files.where(name)
        self._unwritten: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._text = files.appender(name)
        self._failing = False
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._sender: threading.Thread | None = None
        if together:
            self._sender = threading.Thread(target=self._send, args=(files.pause,), daemon=True)
            self._sender.start()

    def write(self, event: Event) -> None:
        """Write an event down, now or as soon as the disk takes it. Never raises."""
        self._unwritten.append((to_line(event) + "\n").encode("utf-8", "backslashreplace"))
        if self._sender is None:
            self.flush()

    def flush(self) -> int:
        """Write what waits; return how many lines still do."""
        with self._writing:
            try:
                while lines := self._next():
                    self._text.append(b"".join(lines))
                    for line in lines:
                        if self._unwritten and self._unwritten[0] is line:  # none was pushed out
                            self._unwritten.popleft()
                self._failing = False
            except (OSError, ValueError, UserMistake) as error:  # whatever a service says
                if not self._failing:
                    log.warning("%s is not written for now: %s", self._where, error)
                self._failing = True
                self._text.close()  # a disk that comes back may want the file opened anew
            return len(self._unwritten)

    def close(self) -> None:
        """Write what can be written, and let the file go."""
        self._over.set()
        if self._sender is not None:
            self._sender.join()
        waiting = self.flush()
        for pause in LAST_PAUSES if self._sender is not None else ():
            if waiting:
                time.sleep(pause)  # a service that is away tells nobody when it is back
                waiting = self.flush()
        self._text.close()

    def _next(self) -> list[bytes]:
        """The lines to be written at one go."""
        return list(self._unwritten) if self._sender is not None else list(self._unwritten)[:1]

    def _send(self, pause: float) -> None:
        while not self._over.wait(pause):
            self.flush()
