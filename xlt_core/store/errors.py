"""What can go wrong with a store that is neither the user's mistake nor the stage's fault.

All are `OSError`s: faults of a machine, after which a stage is tried again.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlt_core.vocabulary.address import bare, starred
from xlt_core.vocabulary.errors import Mistake, is_full_disk

ACCESS_REMEDY = (
    "check the URL, that the bucket exists, the network, and the credentials in the environment"
)


class StoreFull(OSError):
    """The disk under a store (or its scratch folder) has no room. Nothing was half-published."""


class StoreUnreachable(OSError):
    """The service that a store lies on cannot be reached, or refuses: network, credentials, quota.

    While stages are computed this may pass, so it is tried again; to who asks at the command line
    `mistake` says it.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = bare(url), starred(reason)
        super().__init__(f"the store {self.url} cannot be reached: {self.reason}")

    def __reduce__(self) -> tuple[type[StoreUnreachable], tuple[str, str]]:
        return type(self), (self.url, self.reason)

    @property
    def mistake(self) -> Mistake:
        """Where, what, and what to look at."""
        what = f"the store cannot be reached: {self.reason}"
        return Mistake(self.url, what, ACCESS_REMEDY)


class DamagedStage(OSError):
    """A stage's file does not have the bytes that were published. It has been set aside."""


@contextmanager
def naming_full_disks(folder: Path) -> Iterator[None]:
    """Turn any full-disk error in the block into `StoreFull` with the path and the free space."""
    try:
        yield
    except StoreFull:
        raise
    except Exception as error:
        if not is_full_disk(error):
            raise
        raise store_full(folder) from error


def store_full(folder: Path) -> StoreFull:
    """The error for the disk that `folder` lies on."""
    free = _free_bytes(folder)
    left = "unknown free space" if free is None else f"{free:,} bytes free"
    text = f"no room left ({left}); free some, or run `xlt store prune`"
    return StoreFull(errno.ENOSPC, text, str(folder))


def _free_bytes(folder: Path) -> int | None:
    for place in (folder, *folder.parents):
        if place.exists():
            return shutil.disk_usage(place).free
    return None
