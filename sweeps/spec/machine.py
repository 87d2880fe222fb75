"""What a machine forbids, as a mistake that its user can mend: permissions, loops, room, no home.

An error of the operating system that names its file needs no traceback. `stems` puts before it the
field of a spec that named a place; what no field named, `sweeps.cli.faults` says as it is.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.texts import abbreviated

_PERMISSIONS = "change its permissions or its owner, or name another place"
_PLACE = "name another place, or move what stands there"
_ROOM = "make room, then do it again; nothing that is finished is lost"
_FILES = "raise the limit of open files, as with `ulimit -n 4096`, then do it again"
_DISK = "see that the disk or mount is well, then do it again"
_REMEDIES = {
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: "name a place that can be written to",
    errno.ELOOP: "its links lead in a circle: mend them, or name another place",
    errno.ENAMETOOLONG: "name a shorter place",
    errno.ENOTDIR: _PLACE,
    errno.EISDIR: _PLACE,
    errno.EEXIST: _PLACE,
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: "free some memory, then do it again",
    errno.EIO: _DISK,
    errno.ESTALE: _DISK,
}
# Of these the place is at fault, whatever state the machine is in.
_OF_PLACES = frozenset(
    {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR}
)
_MOST = 200  # characters of a place that is shown


def places_mistake(error: BaseException) -> Mistake | None:
    """What is wrong with the place that was named; None where another might be no better."""
    if isinstance(error, OSError) and error.errno not in _OF_PLACES:
        return None
    return machines_mistake(error)


def machines_mistake(error: BaseException) -> Mistake | None:
    """What the user can do about an error of this machine; None where it is none that is known."""
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return Mistake("the current folder", "is gone", "cd to one that is there")
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        where = "this machine" if error.filename is None else os.fsdecode(error.filename)
        where = abbreviated(where, _MOST)
        return Mistake(where, error.strerror or str(error), _REMEDIES[error.errno])
    return _of_pathlib(error) if isinstance(error, RuntimeError) else None


def _of_pathlib(error: RuntimeError) -> Mistake | None:
    """It has no class of its own for these, only words."""
    if "home directory" in str(error):
        return Mistake("~", "no home folder is known", "set HOME, or write the whole path")
    if str(error).startswith("Symlink loop from "):
        where = str(error).removeprefix("Symlink loop from ").strip("'\"")
        return Mistake(where, os.strerror(errno.ELOOP), _REMEDIES[errno.ELOOP])
    return None


def _is_nowhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
