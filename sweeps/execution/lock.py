"""One driver a sweep: the lock in its folder, and what of a driver stays that never began.

Part of the driver (see `driver`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import filelock

from sweeps.spec.paths import CONTROL, IDENTITY, PREPARED, SweepFolder, shown
from xlt_core.vocabulary.errors import Mistake, UserMistake


@contextmanager
def only_driver(folder: SweepFolder) -> Iterator[None]:
    """Hold the sweep's lock; the operating system frees it when the driver dies.

    It tells `xlt status` and a second driver at once; what keeps that one out for certain is the
    study's lease, so that a file system without locks will do.
    """
    new = not folder.path.exists()
    folder.path.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder.lock)
    try:
        lock.acquire(timeout=2)  # `xlt status` holds it for an instant
    except NotImplementedError:
        pass
    except filelock.Timeout:
        raise UserMistake(
            Mistake(
                shown(folder.place),
                "another driver is running this sweep",
                f"watch it with `xlt status {folder.called}`, or end it with `xlt stop`",
            )
        ) from None
    try:
        yield
    except BaseException:
        if new and not folder.exists:
            _leave_no_trace(folder)
        raise
    finally:
        lock.release()


def _leave_no_trace(folder: SweepFolder) -> None:
    """Remove what a driver has made before its sweep began, and nothing that is anybody else's.

    At a URL that is what lies on this machine: another's driver may be writing there by now.
    """
    study = (folder.study.with_name(folder.study.name + end) for end in ("", "-journal", "-wal"))
    for name in () if folder.is_remote else (IDENTITY, CONTROL, PREPARED):
        folder.files.remove(name)
    for path in (folder.lock, *study):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # something else lies there: it stays, and so does the folder
        folder.path.rmdir()
