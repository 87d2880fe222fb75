"""A terminal that is closed: nobody reads any longer what the sweep says, and it is told so.

Neighbour: `accidents`, which this is one of.
"""

from __future__ import annotations

import contextlib
import os
import random
import selectors
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_campaigns: list[dict[Path, threading.Event]] = []


@contextlib.contextmanager
def around() -> Iterator[None]:
    """From now on sweeps speak into a pipe that somebody reads."""
    readers: dict[Path, threading.Event] = {}
    _campaigns.append(readers)
    try:
        yield
    finally:
        _campaigns.remove(readers)
        for leave in readers.values():
            leave.set()


def output(home: Path) -> IO[bytes]:
    """Where the sweep in `home` speaks to: its log, or a pipe that is copied there."""
    if not _campaigns:
        return (home / "log.txt").open("ab")
    ours, its = os.pipe()
    leave = threading.Event()
    threading.Thread(target=_read, args=(ours, home / "log.txt", leave), daemon=True).start()
    _campaigns[-1][home] = leave
    return os.fdopen(its, "wb")


def strike(home: Path, driver: int, dice: random.Random) -> int:
    """Close the reading end; the system says so to all that belong to the terminal, or does not."""
    leave = _campaigns[-1][home]
    if leave.is_set() or dice.random() < 0.5:
        os.killpg(driver, signal.SIGHUP)
    leave.set()
    return 1


def _read(pipe: int, log: Path, leave: threading.Event) -> None:
    """Copy what comes until it ends or the reader leaves."""
    with log.open("ab") as file, selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while not leave.is_set():
            if waiting.select(0.05):
                text = os.read(pipe, 65536)
                if not text:
                    break
                file.write(text)
                file.flush()
    os.close(pipe)
