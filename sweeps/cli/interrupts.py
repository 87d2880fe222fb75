"""Ctrl-C and SIGTERM: answered at once, wherever they come; the second one ends the process.

Python hands a signal to the main thread alone, and only between two of its own steps: an import, a
query, Ray's start can take seconds. So a thread hears of it too, and answers. What the signal does
is another's business: it raises KeyboardInterrupt, but for a running sweep (`execution.desired`).
Imports nothing that is slow: it is there before all else.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from sweeps.processes import ENDING, ONE_PRESS_SECONDS

INTERRUPTED = 130  # 128 + SIGINT, as shells count
SAYING_SECONDS = 0.5
NUDGE_SECONDS = 0.02  # so much later it is asleep, and still it is the same press of a key


class _Ear:
    """Answers the first signal, leaves at the second."""

    def __init__(self) -> None:
        self.answers = ["interrupted: stopping; once more to leave at once"]
        self._first: float | None = None  # when the thread was told of one
        self._answering = threading.Lock()  # taken once, by whoever is to answer
        self._answered = threading.Event()
        self._raised = False

    def listen(self, reading: int) -> None:
        """What the thread does: it is told of each signal, whatever the main thread is deep in."""
        while heard := os.read(reading, 64):
            for number in heard:
                if number in ENDING:
                    self._hear(number)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """What the main thread does, once. It may hear first, and be gone before the other."""
        if self._raised:
            return
        self._raised = True  # first: another signal may come while this one is answered
        self.answer()
        self._answered.wait(1.0)
        raise KeyboardInterrupt

    def answer(self) -> None:
        """Say that a signal was heard; only the first time."""
        if self._answering.acquire(blocking=False):
            if self.answers[-1]:
                _voice.say(self.answers[-1])
            self._answered.set()

    @property
    def has_raised(self) -> bool:
        """Whether the main thread was interrupted, or is to be no more."""
        return self._raised

    def deafen(self) -> None:
        """Raise nothing from now on."""
        self._raised = True

    def _hear(self, number: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
            _nudge(number)
            self.answer()
        elif now - self._first > ONE_PRESS_SECONDS:
            _voice.say("left at once")
            _leave()


_ear = _Ear()


def acknowledge() -> None:
    """From now on SIGINT and SIGTERM are answered, and the second one leaves. Called once."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    _voice.start()
    threading.Thread(target=_ear.listen, args=(reading,), name="xlt-signals", daemon=True).start()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell ignores it
        signal.signal(signal.SIGINT, _ear.interrupt)
    signal.signal(signal.SIGTERM, _ear.interrupt)  # last: whoever sees it heard sees all heard


def raise_swallowed() -> None:
    """Raise KeyboardInterrupt where one was raised and whatever ran then has swallowed it, as some
    libraries do while they are imported."""
    if _ear.has_raised:
        raise KeyboardInterrupt


def deafen() -> None:
    """From now on signals are answered and raise nothing: the program is closing, all is done."""
    _ear.deafen()


@contextmanager
def answering(text: str) -> Iterator[None]:
    """Meanwhile the first signal is answered with `text`, or without a word."""
    _ear.answers.append(text)
    try:
        yield
    finally:
        _ear.answers.pop()


def _nudge(number: int) -> None:
    """Send the main thread the signal once more: one that comes between its last look for signals
    and its falling asleep, in a lock or a call, would wake it no more."""
    time.sleep(NUDGE_SECONDS)
    with suppress(OSError):
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _leave() -> None:
    """End this process and all that it started: else Ray's would wait for it for minutes."""
    import psutil

    try:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                process.kill()
    finally:
        os._exit(INTERRUPTED)


class _Voice:
    """Says what is to be said in a thread of its own: a reader may have stalled, and whoever says
    it has more to do. May be used in a signal's handler, which may start no thread."""

    def __init__(self) -> None:
        self._texts: queue.SimpleQueue[tuple[str, threading.Event]] = queue.SimpleQueue()

    def start(self) -> None:
        """From now on it speaks."""
        threading.Thread(target=self._speak, name="xlt-voice", daemon=True).start()

    def say(self, text: str) -> None:
        """Say it, and go on when it is said, or soon."""
        said = threading.Event()
        self._texts.put((text, said))
        said.wait(SAYING_SECONDS)

    def _speak(self) -> None:
        while True:
            text, said = self._texts.get()
            with suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
                print(text, file=sys.stderr, flush=True)
            said.set()


_voice = _Voice()
