"""Whether the store can be written to, how fast, and whether every machine sees the same one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong
from xlt_core.store import Store
from xlt_core.store.probe import Tried, local_folder, sees_mark, try_place
from xlt_core.vocabulary.address import bare

MEGABYTE = 1e6
PROBE_BYTES = 8 * 1024 * 1024  # a checkpoint is hundreds of them
SMALL_BYTES = 64 * 1024  # where only being able to is asked
SLOW = 5 * MEGABYTE  # a second
_SHARED = "share that folder with every machine, or name a place that all reach (store: s3://…)"


def store(subject: Subject) -> Iterator[Finding]:
    """The same place as the driver's, writable, and fast enough."""
    yield from _looked(subject, PROBE_BYTES)


def store_is_there(subject: Subject) -> Iterator[Finding]:
    """As `store`, in no time."""
    yield from _looked(subject, SMALL_BYTES)


def _looked(subject: Subject, size: int) -> Iterator[Finding]:
    if not subject.store:
        return
    where, folder = bare(subject.store), local_folder(subject.store)
    if folder is not None and not folder.is_dir():
        yield _not_there(folder, bool(subject.mark))
        return
    Store(subject.store).check()
    if subject.mark and not sees_mark(subject.store, subject.mark):
        what = f"{where} is another place here than where the sweep is driven"
        yield wrong(what, _SHARED)
        return
    tried = try_place(subject.store, size)
    yield ok(f"{where} can be written to") if size < PROBE_BYTES else _judged(where, tried)


def _judged(where: str, tried: Tried) -> Finding:
    text = f"{where}: writes {_rate(tried.writes)}, reads {_rate(tried.reads)}"
    if min(tried.writes, tried.reads) >= SLOW:
        return ok(text)
    remedy = "stages of large encoders will wait for it: choose a faster disk or a nearer service"
    return warning(text, remedy)


def _rate(bytes_a_second: float) -> str:
    return f"{bytes_a_second / MEGABYTE:,.0f} MB/s"


def _not_there(folder: Path, expected: bool) -> Finding:
    """A folder that the first sweep will make, or one that this machine does not have."""
    if expected:
        return wrong(f"{folder} is not there, as it is where the sweep is driven", _SHARED)
    above = next(path for path in folder.parents if path.exists())
    if os.access(above, os.W_OK | os.X_OK):
        return ok(f"{folder} is not there yet; it can be made in {above}")
    return wrong(
        f"{folder} is not there, and {above} cannot be written to",
        "change its permissions, or name another place (store:, XLT_STORE)",
    )
