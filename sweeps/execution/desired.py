"""What is desired of a running sweep: its control file and Ctrl-C, read as one state.

A terminal that is closed asks for nothing: the sweep goes on without it.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sweeps.processes import ENDING, ONE_PRESS_SECONDS
from sweeps.spec.desired_state import DesiredState, requested
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.errors import UserMistake

log = logging.getLogger("xlt.desired")

# What `signal.signal` takes, and gives back.
Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


class DesiredStateWatch:
    """`run`, `pause`, `stop` or `cancel`; interruption counts as cancel and stays."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._interrupted = threading.Event()
        self._last = DesiredState.RUN
        self._unread = False
        self._over = threading.Event()
        self._before: dict[signal.Signals, Handler] = {}
        self._heard: float | None = None  # when the first signal came

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C (or SIGTERM) ended the sweep."""
        return self._interrupted.is_set()

    def current(self) -> DesiredState:
        """The state now; the last one while its file cannot be read."""
        if self.interrupted:
            return DesiredState.CANCEL
        if not self._folder.is_remote:  # else a thread looks: a service may be slow to answer
            self._look()
        return self._last

    def rest(self, seconds: float) -> bool:
        """Wait; whether the sweep is still to run (or paused) then, and False as soon as not."""
        end = time.monotonic() + seconds
        while self.current() in (DesiredState.RUN, DesiredState.PAUSE):
            left = end - time.monotonic()
            if left <= 0:
                return True
            self._interrupted.wait(min(left, self._folder.files.pause))
        return False

    def _look(self) -> None:
        try:
            self._last = requested(self._folder)
            self._unread = False
        except (OSError, ValueError, UserMistake) as error:  # whatever a service says
            if not self._unread:
                log.warning("what is desired of the sweep cannot be read for now: %s", error)
            self._unread = True

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look at a folder at a URL from now on, again and again."""
        if self._folder.is_remote:
            threading.Thread(target=self._look_on, name="xlt-desired", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    def _look_on(self) -> None:
        while not self._over.is_set():
            self._look()
            self._over.wait(self._folder.files.pause)

    def interrupt(self) -> None:
        """End the sweep as Ctrl-C does."""
        self._interrupted.set()

    @contextmanager
    def hearing_signals(self) -> Iterator[None]:
        """Turn SIGINT and SIGTERM into a cancellation; a second one ends the process as usual.

        SIGHUP, a closed terminal's, is not heard, nor by the processes that are started inside.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = {name: signal.getsignal(name) for name in (*ENDING, signal.SIGHUP)}
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.hear_again()
        try:
            yield
        finally:
            self._as_before()

    def hear_again(self) -> None:
        """Hear signals although something, as Ray does when it starts, has taken their handlers."""
        if self._before:
            for name in ENDING:
                signal.signal(name, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._heard is None:
            self._heard = now
            self._interrupted.set()
        elif now - self._heard > ONE_PRESS_SECONDS:
            signal.signal(number, self._before[signal.Signals(number)])
            signal.raise_signal(number)

    def _as_before(self) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)
        self._before = {}
