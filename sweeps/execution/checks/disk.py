"""Room on the disks that a worker writes to, and in shared memory, where Ray keeps objects."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong
from sweeps.execution.scratch import SHARED_MEMORY
from xlt_core.store.probe import local_folder

GIBIBYTE = 2**30
LEAST, PLENTY = 1 * GIBIBYTE, 10 * GIBIBYTE
LEAST_SHARED = GIBIBYTE // 4
_REMEDY = "make room: `xlt store prune` removes stages that nobody needs"


def disk(subject: Subject) -> Iterator[Finding]:
    """Each disk once, however many of our folders lie on it."""
    seen: dict[int, tuple[Path, list[str]]] = {}
    for what, path in _folders(subject):
        there = next(each for each in (path, *path.parents) if each.exists())
        seen.setdefault(there.stat().st_dev, (there, []))[1].append(what)
    for there, uses in seen.values():
        free = shutil.disk_usage(there).free
        text = f"{_size(free)} free at {there} ({', '.join(uses)})"
        yield _judged(text, free)


def shared_memory(subject: Subject) -> Iterator[Finding]:
    """Containers have 64 MB of it unless they are given more."""
    if not os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        yield warning(f"there is no {SHARED_MEMORY}: Ray's objects lie on disk", "mount one")
        return
    free = shutil.disk_usage(SHARED_MEMORY).free
    text = f"{_size(free)} free in {SHARED_MEMORY}"
    if free >= LEAST_SHARED:
        yield ok(text)
    else:
        yield warning(text, "give the container more, as with --shm-size=1g; or free some")


def _folders(subject: Subject) -> Iterator[tuple[str, Path]]:
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = local_folder(subject.store) if subject.store else None
    if folder is not None:
        yield "store", folder
    yield "temporary files", Path(tempfile.gettempdir())
    yield "hub cache", Path(HF_HUB_CACHE).expanduser().absolute()


def _judged(text: str, free: int) -> Finding:
    if free >= PLENTY:
        return ok(text)
    return warning(text, _REMEDY) if free >= LEAST else wrong(text, _REMEDY)


def _size(size: float) -> str:
    return f"{size / GIBIBYTE:,.1f} GiB"
