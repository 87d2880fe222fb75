"""Requests to a running sweep: pause, stop, cancel. A small file the driver polls.

pause: start nothing new, keep what runs, wait. stop: let running stages finish, then end.
cancel: end now (running stages keep their last checkpoint). Each leaves a resumable sweep.
"""

from __future__ import annotations

import os
from pathlib import Path

RUN, PAUSE, STOP, CANCEL = "run", "pause", "stop", "cancel"
VERBS = (PAUSE, STOP, CANCEL)
_FILE = "control"


def request(folder: Path, verb: str) -> None:
    """Ask the sweep in `folder` to pause, stop or cancel; `run` lifts a pause."""
    if verb not in (RUN, *VERBS):
        raise ValueError(f"a request is one of {(RUN, *VERBS)}, not {verb!r}")
    path = folder / _FILE
    temporary = path.with_name(f"{_FILE}.{os.getpid()}")
    temporary.write_text(verb + "\n")
    temporary.replace(path)


def requested(folder: Path) -> str:
    """What is asked of the sweep now; `run` where nothing is."""
    try:
        verb = (folder / _FILE).read_text().strip()
    except FileNotFoundError:
        return RUN
    return verb if verb in VERBS else RUN


def clear(folder: Path) -> None:
    """Forget any request; a driver that starts does this."""
    (folder / _FILE).unlink(missing_ok=True)
