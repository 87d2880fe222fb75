"""Ctrl-C and SIGTERM: answered at once, wherever they come; the second one ends the process.

Python hands a signal to the main thread alone, and only between two of its own steps: an import, a
query, Ray's start can take seconds. So a thread hears of it too, and answers. What the signal does
is another's business: it raises KeyboardInterrupt, but for a running sweep (`execution.wish`).
Imports nothing that is slow: it is there before all else.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells count
ENDING = (signal.SIGINT, signal.SIGTERM)
# As `execution.wish`, which is not there yet: a wrapper passes on what the terminal sent as well.
ONE_PRESS_SECONDS = 0.3

_answers = ["stopping; once more to leave at once"]
_first: list[float] = []  # when the first signal was answered
_raised: list[int] = []  # the signal that was raised


def acknowledge() -> None:
    """From now on SIGINT and SIGTERM are answered, and the second one leaves. Called once."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_answer, args=(reading,), name="xlt-signals", daemon=True).start()
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell ignores it
        signal.signal(signal.SIGINT, _interrupt)


def deafen() -> None:
    """From now on signals are answered and raise nothing: the program is closing, all is done."""
    _raised.append(0)


@contextmanager
def answering(text: str) -> Iterator[None]:
    """Meanwhile the first signal is answered with `text`."""
    _answers.append(text)
    try:
        yield
    finally:
        _answers.pop()


def _answer(reading: int) -> None:
    while heard := os.read(reading, 64):
        for number in heard:
            if number in ENDING:
                _hear(time.monotonic())


def _hear(now: float) -> None:
    if not _first:
        _first.append(now)
        _say(_answers[-1])
    elif now - _first[0] > ONE_PRESS_SECONDS:
        _say("left at once")
        os._exit(INTERRUPTED)


def _say(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
        print(text, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _raised:  # the thread sees to all that come after
        _raised.append(number)
        raise KeyboardInterrupt
