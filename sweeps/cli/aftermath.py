"""What a dead driver left in MLflow is closed by whichever command touches the sweep next.

Costs a millisecond where there is nothing to close; MLflow is imported only where there is.
"""

from __future__ import annotations

import filelock

from sweeps.cli.faults import say
from sweeps.cli.places import find_sweep
from sweeps.spec.paths import SweepFolder


def touch_sweep(name: str) -> SweepFolder:
    """Find a sweep and close the runs its dead driver left RUNNING, if it did.

    Raises:
        UserMistake: there is no such sweep.
    """
    folder = find_sweep(name)
    close_what_died(folder)
    return folder


def close_what_died(folder: SweepFolder) -> None:
    """Mark runs left RUNNING as KILLED and send what waits; nothing while a driver is at work."""
    from sweeps.spec.stored import read_stored_spec
    from sweeps.tracking.reconcile import close_dead, needs_closing

    if not needs_closing(folder.spool):
        return
    lock = filelock.FileLock(folder.lock)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return
    with lock:
        say(f"{folder.name}: closing in MLflow what its dead driver left open")
        closed = close_dead(folder.spool, read_stored_spec(folder).tracking)
    if closed.remaining:
        say(
            f"{closed.remaining} records wait for the tracking server; "
            f"`xlt sync {folder.called}` sends them"
        )
