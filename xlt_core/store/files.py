"""Files and folders of this machine, as a store looks at them. Neighbours: `local`, `verify`."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

from xlt_core.store.owner import owner_is_dead


def remove_locally(path: Path) -> None:
    """Remove a file or a folder with all it holds; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def reclaim(drafts: Path) -> None:
    """Remove what dead processes of this machine left half-written in `drafts`."""
    with suppress(FileNotFoundError, NotADirectoryError):
        for path in drafts.iterdir():
            if owner_is_dead(path.name):
                remove_locally(path)


def local_age(path: Path) -> float | None:
    """Seconds since anything at or below `path` was written, by the clock of where it lies: below 0
    where that is ahead. None where nothing is there."""
    times = list(_times(path))
    return time.time() - max(times) if times else None


def _times(path: Path) -> Iterator[float]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield path.lstat().st_mtime
        if path.is_dir() and not path.is_symlink():
            for below in path.iterdir():
                yield from _times(below)


def write_all(file: FileIO, data: bytes) -> None:
    """Write every byte to an unbuffered file."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def open_no_link(path: str, flags: int) -> int:
    """An opener that follows no link. Raises OSError (ELOOP) for one."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def file_size(folder: str, name: str) -> int:
    """Size of the file `name` below `folder`; -1 for anything but a file, links above all."""
    *parents, last = name.split("/")
    for parent in parents:
        folder = f"{folder}{parent}"
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return -1
        folder += os.sep
    status = os.lstat(folder + last)
    return status.st_size if stat.S_ISREG(status.st_mode) else -1
