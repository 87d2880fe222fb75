"""A disk that fills up and is freed again, under a sweep's runs folder.

Neighbours: `small_disk`, which mounts and fills one; `accidents`, which this is one of.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.faults.small_disk import MEBIBYTE, fill, mounted

SIZE = 128 * MEBIBYTE  # what a sweep of a campaign needs, several times over
_pause = threading.Event()
_mounts: list[contextlib.ExitStack] = []


@contextlib.contextmanager
def around() -> Iterator[None]:
    """From now on every sweep's runs folder is a disk of its own, until all are over."""
    with contextlib.ExitStack() as mounts:
        _mounts.append(mounts)
        try:
            yield
        finally:
            _mounts.remove(mounts)


def ready(home: Path) -> None:
    """Mount the disk of a sweep that has not begun."""
    runs = home / "runs"
    if _mounts and not runs.exists() and not _mounts[-1].enter_context(mounted(runs, SIZE)):
        raise SystemExit("this campaign needs the right to mount a disk")


def strike(home: Path, driver: int, dice: random.Random) -> int:
    """Take all the room, or nearly all, for a while; the sweep waits, and goes on by itself."""
    ballast = fill(home / "runs")
    if dice.random() < 0.5:
        with ballast.open("r+b") as file:
            file.truncate(max(0, ballast.stat().st_size - dice.randrange(MEBIBYTE)))
    _pause.wait(dice.uniform(0.2, 8))
    ballast.unlink()
    return 1


def afterwards(home: Path) -> None:
    """What was not tracked for want of room is made good as the sweep says."""
    if _mounts:
        xlt = str(Path(sys.executable).parent / "xlt")
        subprocess.run([xlt, "sync", "campaign"], cwd=home, capture_output=True, check=True)
