"""Trying a place out: how fast it is, how its clock goes, whether two machines see the same one.

Probes and marks lie under `drafts/`, by names that say whose they are: what a killed process leaves
of them goes the way of its drafts. Neighbour: `trial`, which asks what a file system can do.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xlt_core.store.backend import Backend
from xlt_core.store.layout import DRAFTS
from xlt_core.store.local import LocalBackend
from xlt_core.store.owner import owned_name
from xlt_core.store.place import is_remote, normal_url, open_backend


@dataclass(frozen=True)
class Tried:
    """What writing a blob and reading it back showed.

    Attributes:
        writes, reads: bytes a second; a folder's are those of its disk, not of memory before it.
        ahead: seconds by which this machine's clock is ahead of the place's, above the time that
            asking took; some services tell whole seconds only.
    """

    writes: float
    reads: float
    ahead: float


def local_folder(url: str) -> Path | None:
    """The folder that a store's URL names; None where it is no folder of this machine."""
    normal = normal_url(url)
    return None if is_remote(normal) else Path(normal)


def try_place(url: str, size: int) -> Tried:
    """Write `size` bytes there, read them and remove them again.

    Raises:
        UserMistake: `url` is no place.
        OSError: they could not be written or read, or came back as others.
    """
    backend, path, data = _opened(url), f"{DRAFTS}/{owned_name('probe')}", os.urandom(size)
    try:
        began = time.perf_counter()
        backend.put(path, data)
        _to_disk(backend, path)
        wrote = time.perf_counter() - began
        age = backend.age(path)
        began = time.perf_counter()
        if backend.get(path) != data:
            raise OSError("what was written could not be read back")
        read = time.perf_counter() - began
    finally:
        with suppress(OSError):
            backend.remove(path)
    # What was written before it was asked for may be as old as the writing took.
    ahead = 0.0 if age is None or 0 <= age <= wrote else min(age, age - wrote, key=abs)
    return Tried(size / max(wrote, 1e-9), size / max(read, 1e-9), ahead)


def leave_mark(url: str) -> str:
    """Leave a mark in the store; returns its name. Raises OSError, UserMistake."""
    name = owned_name("mark")
    _opened(url).put(f"{DRAFTS}/{name}", name.encode())
    return name


def sees_mark(url: str, name: str) -> bool:
    """Whether the store at `url`, as this machine sees it, has the mark. Raises OSError."""
    return _opened(url).get(f"{DRAFTS}/{name}") == name.encode()


def remove_mark(url: str, name: str) -> None:
    """Remove a mark; nothing there is fine. Raises OSError."""
    _opened(url).remove(f"{DRAFTS}/{name}")


def _opened(url: str) -> Backend:
    return open_backend(normal_url(url), None)


def _to_disk(backend: Backend, path: str) -> None:
    """Have a folder's blob on its disk and out of memory; a service's is where it is."""
    if not isinstance(backend, LocalBackend):
        return
    with (backend.root / path).open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
