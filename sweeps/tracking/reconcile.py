"""Closing what a dead driver left: runs still RUNNING become KILLED, waiting records are sent.

Costs a millisecond and no MLflow where there is nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sweeps.tracking.client import TrackerClient
from sweeps.tracking.location import EXPERIMENT
from sweeps.tracking.open_runs import Ledger
from sweeps.tracking.spool import Spool


@dataclass(frozen=True)
class Closed:
    """How many runs were closed as KILLED, and how many records still wait for the server."""

    killed: int = 0
    remaining: int = 0


def close_dead(
    folder: Path, uri: str, experiment: str = EXPERIMENT, grace_seconds: float = 3.0
) -> Closed:
    """Close the runs of a sweep whose driver is dead; the caller holds the sweep's lock.

    Args:
        folder: the sweep's spool folder; need not exist.
        grace_seconds: how long a server that is away is waited for.
    """
    if not needs_closing(folder):
        return Closed()
    tracker = TrackerClient(folder, uri, experiment)
    killed = tracker.close_open()
    return Closed(killed, tracker.finish(grace_seconds))


def needs_closing(folder: Path) -> bool:
    """Whether a sweep left open runs or waiting records. Changes nothing."""
    return left_open(folder) or (folder.is_dir() and len(Spool(folder)) > 0)


def left_open(folder: Path) -> bool:
    """Whether runs stand open that a dead driver should have closed. Changes nothing."""
    return folder.is_dir() and bool(Ledger(folder).closing())
