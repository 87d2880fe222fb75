"""Whether a file system can keep a store: everything a store asks of one, tried out once.

Neighbour: `local`, which asks it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path


def try_out(folder: Path) -> None:
    """Try everything in `folder`, an empty one. Raises OSError that says what cannot be done."""
    steps: list[tuple[str, Callable[[Path], bool]]] = [
        ("writing a file", _write),
        ("giving a file another's place", _replace),
        ("making a name only once", _create_once),
        ("renaming a folder", _rename_folder),
        ("keeping a folder from being overwritten", _keep_folder),
    ]
    for what, step in steps:
        try:
            done = step(folder)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT):
                raise  # not this step's fault: nothing can be written
            raise OSError(error.errno, f"{what}: {error.strerror}", str(folder)) from error
        if not done:
            raise OSError(errno.ENOTSUP, f"{what}: not on this file system", str(folder))


def _write(folder: Path) -> bool:
    (folder / "old").write_bytes(b"old")
    (folder / "new").write_bytes(b"new")
    return (folder / "new").read_bytes() == b"new"


def _replace(folder: Path) -> bool:
    (folder / "new").replace(folder / "old")
    return (folder / "old").read_bytes() == b"new" and not (folder / "new").exists()


def _create_once(folder: Path) -> bool:
    for _ in range(2):
        try:
            os.close(os.open(folder / "once", os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return True
    return False


def _rename_folder(folder: Path) -> bool:
    for name in ("draft", "other"):
        (folder / name).mkdir()
        (folder / name / "file").write_bytes(name.encode())
    (folder / "draft").rename(folder / "stage")
    return (folder / "stage" / "file").read_bytes() == b"draft"


def _keep_folder(folder: Path) -> bool:
    try:
        (folder / "other").rename(folder / "stage")
    except OSError:
        return (folder / "stage" / "file").read_bytes() == b"draft"
    return False
