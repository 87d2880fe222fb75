"""A worker told to end by SIGTERM, as a drained or preempted node tells it: it ends in order.

Training hands its stage over after the step it is in (`xlt_core.stage.run`), another kind of work
goes on to its end; nothing else is begun, and the process is gone before it would be killed.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# How long a worker that was at work stays, for what became of it to be heard.
GOODBYE_SECONDS = 5.0


class ProcessEnd:
    """Whether this process has been told to end."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._work = threading.Lock()

    def hear_sigterm(self) -> None:
        """End in order from now on. For a process's main thread.

        Python's own handlers wait for the main thread, which Ray keeps in code that is not
        Python's: the signal's number is written into a socket instead, wherever it arrives.
        """
        hears, told = socket.socketpair()
        told.setblocking(False)
        signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        threading.Thread(target=self._hear, args=(hears,), name="xlt-end", daemon=True).start()

    @property
    def told(self) -> bool:
        """Whether the process has been told to end."""
        return self._told.is_set()

    def wait(self) -> None:
        """Return when the process has been told to end."""
        self._told.wait()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The process does not end before this is over."""
        with self._work:
            yield

    def _hear(self, hears: socket.socket) -> None:
        while hears.recv(1) != bytes([signal.SIGTERM]):
            pass
        idle = self._work.acquire(blocking=False)
        self._told.set()
        if not idle:
            self._work.acquire()
            threading.Event().wait(GOODBYE_SECONDS)
        os._exit(0)
