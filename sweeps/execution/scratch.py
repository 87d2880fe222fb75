"""Where a cluster of one's own keeps its files: a temporary folder with room for it.

A socket's path may have 107 bytes, and a `TMPDIR` of a batch system can leave too few. Shared
memory, where Ray's objects lie, not every container has.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from xlt_core.vocabulary.errors import Mistake, UserMistake

# A socket's path has 107 bytes at most; Ray's go on as here.
LONGEST_FOLDER = 107 - len("/session_2026-12-31_23-59-59_999999_4194304/sockets/plasma_store.10")
SHARED_MEMORY = "/dev/shm"
ROOM_BYTES = 64 * 1024 * 1024  # for logs and sockets of one session
OTHERS = ("/tmp", "/var/tmp", SHARED_MEMORY)


def ray_folder() -> str | None:
    """The folder to tell Ray, absolute; None where the one that it would take by itself will do.

    Raises:
        UserMistake: no temporary folder will do.
    """
    usual = _usual()
    if _will_do(usual):
        return None if usual.is_absolute() else str(usual.absolute())
    for folder in _others():
        if _will_do(folder):
            return str(folder)
    raise UserMistake(
        Mistake(
            f"temporary folder {usual.parent}",
            "its path is too long for Ray's sockets, or it is full or cannot be written to",
            "set TMPDIR to a folder with a short path that can be written to, and has room",
        )
    )


def object_folder() -> str | None:
    """The folder to tell Ray for its objects; None where there is shared memory.

    Raises:
        UserMistake: as `ray_folder`.
    """
    if os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return None
    return str(Path(ray_folder() or _usual()).parent)


def _usual() -> Path:
    from ray._common.utils import get_default_ray_temp_dir

    return Path(get_default_ray_temp_dir())


def _others() -> Iterator[Path]:
    """Folders that machines have; below one that all share, each user has their own."""
    for folder in OTHERS:
        yield Path(folder) / "ray"
        yield Path(folder) / f"ray-{os.getuid()}"


def _will_do(folder: Path) -> bool:
    """Whether sockets and files have room in it, and it can be written to, or made."""
    folder = folder.absolute()
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        return False
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return False
    return shutil.disk_usage(there).free >= ROOM_BYTES
