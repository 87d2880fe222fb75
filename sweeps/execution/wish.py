"""What a running sweep is wished to do: its control file and Ctrl-C, read as one word."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sweeps.execution.control import CANCEL, requested


class Wish:
    """`run`, `pause`, `stop` or `cancel`; interruption counts as cancel and stays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._interrupted = threading.Event()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C (or SIGTERM) ended the sweep."""
        return self._interrupted.is_set()

    def current(self) -> str:
        """The wish now."""
        return CANCEL if self.interrupted else requested(self._folder)

    def interrupt(self) -> None:
        """End the sweep as Ctrl-C does."""
        self._interrupted.set()

    @contextmanager
    def hearing_signals(self) -> Iterator[None]:
        """Turn SIGINT and SIGTERM into a wish to cancel; a second one ends the process as usual."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

        def hear(number: int, frame: FrameType | None) -> None:
            self._interrupted.set()
            for name, handler in before.items():
                signal.signal(name, handler)

        for name in before:
            signal.signal(name, hear)
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
