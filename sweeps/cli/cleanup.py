"""What a driver left behind in MLflow: said by `status` and `ui` alone, sent by who must send.

Other looks are not about MLflow and would say the same again and again. A look waits for no server:
it costs a millisecond and imports no MLflow. What was left is sent by
`sync`, by the next driver, and by `ui` before it opens the very database.
"""

from __future__ import annotations

import filelock

from sweeps.cli.faults import say
from sweeps.spec.paths import SweepFolder


def say_what_is_left(folder: SweepFolder) -> None:
    """Say what waits for MLflow, and how it is sent; nothing while a driver is at work."""
    from sweeps.results.status import is_driven
    from sweeps.tracking.reconcile import needs_closing

    if needs_closing(folder.spool) and not is_driven(folder):
        say_open_runs(folder)
        say_backlog(folder)


def say_open_runs(folder: SweepFolder) -> None:
    """Say that MLflow shows work as running which nobody does any longer, where it does."""
    from sweeps.results.status import is_driven
    from sweeps.tracking.reconcile import left_open

    if left_open(folder.spool) and not is_driven(folder):
        command = f"`xlt sync {folder.called}`"
        say(f"MLflow shows as running what the driver of {folder.name} left; {command} ends it")


def close_and_say(folder: SweepFolder) -> None:
    """`close_what_died`, and a word on what still waits."""
    if close_what_died(folder):
        say_backlog(folder)


def close_what_died(folder: SweepFolder) -> bool:
    """Mark runs left RUNNING as KILLED and send what waits; nothing while a driver is at work.

    Returns:
        Whether records still wait for the tracking server.
    """
    from sweeps.spec.stored import read_stored_spec
    from sweeps.tracking.reconcile import close_dead, left_open, needs_closing

    if not needs_closing(folder.spool):
        return False
    lock = filelock.FileLock(folder.lock)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    with lock:
        if left_open(folder.spool):
            say(f"{folder.name}: closing in MLflow what its dead driver left open")
        else:
            say(f"{folder.name}: sending MLflow what it has not taken yet")
        closed = close_dead(folder.spool, read_stored_spec(folder).tracking)
    return closed.remaining > 0


def say_backlog(folder: SweepFolder) -> None:
    """Say what MLflow has not taken, and what to do; nothing where it has all."""
    from sweeps.results.status import is_locked
    from sweeps.tracking.backlog import read_backlog

    is_driven = is_locked(folder.lock)
    for text in read_backlog(folder.spool).sentences(folder.called, is_driven):
        say(text)
