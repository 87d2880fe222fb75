"""The journal of a sweep on disk, `events.jsonl`: whole lines, in order, whatever the disk does.

Nothing decides by it, so a disk that is full or away stops nobody: lines wait in memory until it
takes them again, the oldest going first if there are too many.
"""

from __future__ import annotations

import errno
import logging
import os
from collections import deque
from pathlib import Path

from xlt_core.vocabulary.events import Event

KEPT_LINES = 10_000

log = logging.getLogger("xlt.recorder")


class Journal:
    """Appends events to a file. One writer a file, one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._file: int | None = None
        self._failing = False

    def write(self, event: Event) -> None:
        """Write an event down, now or as soon as the disk takes it. Never raises."""
        self._unwritten.append((event.to_line() + "\n").encode("utf-8", "backslashreplace"))
        self.flush()

    def flush(self) -> int:
        """Write what waits; return how many lines still do."""
        try:
            while self._unwritten:
                self._append(self._unwritten[0])
                self._unwritten.popleft()
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.warning("%s is not written for now: %s", self._path, error)
            self._failing = True
            self._let_go()  # a disk that comes back may want the file opened anew
        return len(self._unwritten)

    def close(self) -> None:
        """Write what can be written, and let the file go."""
        self.flush()
        self._let_go()

    def _append(self, line: bytes) -> None:
        """Write a line whole, or none of it. Raises OSError."""
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        before = os.fstat(self._file).st_size
        if os.write(self._file, line) < len(line):
            os.ftruncate(self._file, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def _let_go(self) -> None:
        if self._file is not None:
            try:
                os.close(self._file)
            except OSError as error:
                log.warning("%s: %s", self._path, error)
            self._file = None
