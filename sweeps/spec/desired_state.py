"""What is desired of a running sweep: run, pause, stop, cancel. A small file the driver polls.

Next: `execution.desired`, which reads it together with Ctrl-C.
"""

from __future__ import annotations

import secrets
from enum import StrEnum

from sweeps.spec.paths import CONTROL, SweepFolder


class DesiredState(StrEnum):
    """What a sweep is to do from now on. Every one but RUN leaves a sweep that can be resumed."""

    RUN = "run"
    PAUSE = "pause"  # start nothing new, keep what runs, wait
    STOP = "stop"  # let running stages finish, then end
    CANCEL = "cancel"  # end now; running stages keep their last checkpoint

    def is_weaker_than(self, other: DesiredState) -> bool:
        """Whether it asks for less: whoever wanted an end sooner is not to wait for it."""
        order = list(DesiredState)
        return self.ends < other.ends or (other.ends and order.index(self) < order.index(other))

    @property
    def ends(self) -> bool:
        """Whether the sweep is to end."""
        return self in (DesiredState.STOP, DesiredState.CANCEL)


def request(folder: SweepFolder, desired: DesiredState) -> None:
    """Have the sweep in `folder` pause, stop or cancel; RUN lifts a pause."""
    folder.files.write(CONTROL, f"{desired} {secrets.token_hex(4)}\n")


def requested(folder: SweepFolder) -> DesiredState:
    """What is asked of the sweep now; RUN where nothing is, or nothing that is known."""
    word = written(folder).partition(" ")[0]
    return DesiredState(word) if word in set(DesiredState) else DesiredState.RUN


def written(folder: SweepFolder) -> str:
    """The request as it stands there, told from every other that asks for the same."""
    return (folder.files.read(CONTROL, errors="replace") or "").strip()


def forget(folder: SweepFolder, request: str) -> None:
    """Forget a request that was meant for an earlier driver, unless another came meanwhile."""
    if written(folder) == request:
        folder.files.remove(CONTROL)
