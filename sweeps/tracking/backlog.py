"""What MLflow has not taken of a sweep, and why, in words: read from its spool, without MLflow."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from sweeps.tracking.spool import Spool


@dataclass(frozen=True)
class Backlog:
    """Records that are not in MLflow.

    Attributes:
        waiting: how many wait to be sent; `away` is why, where it was tried.
        refused: how many MLflow would not take; `reason` is what it said of the last one.
        gap: what else is missing there; empty where nothing is.
        namesake: that another sweep of the name is there; empty where this driver found none.
    """

    waiting: int = 0
    away: str = ""
    refused: int = 0
    reason: str = ""
    gap: str = ""
    namesake: str = ""

    def sentences(self, sweep: str, is_driven: bool = False) -> list[str]:
        """What to tell people, and which command makes it good; nothing where all is well.

        Args:
            sweep: the sweep as commands name it.
            is_driven: whether a driver is at work, whose process sends what waits.
        """
        command = f"`xlt sync {shlex.quote(sweep)}`"
        why = f" ({self.away})" if self.away else ""
        waiting = "1 record waits" if self.waiting == 1 else f"{self.waiting} records wait"
        said = {
            f"{waiting} for the tracking server{why}; {command} sends what is left": (
                self.waiting and (self.away or not is_driven)
            ),
            f"MLflow refused {self.refused} records ({self.reason}); they are kept, "
            f"{command} sends them again": self.refused,
            f"{self.gap}; {command} writes it again": self.gap,
        }
        return [text for text, holds in said.items() if holds]


def read_backlog(folder: Path) -> Backlog:
    """The backlog in a spool folder, which need not exist. Changes nothing."""
    if not folder.is_dir():
        return Backlog()
    spool = Spool(folder)
    refused = spool.refused()
    reason = refused[max(refused)] if refused else ""
    return Backlog(len(spool), spool.away, len(refused), reason, spool.gap, spool.namesake)
