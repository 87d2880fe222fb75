"""Leases in a folder: a file made at once with its content; its age is the heartbeat.

The heartbeat touches the file through the descriptor it was made with, so that a holder who was
thought dead and wakes up renews its own old file, never its successor's. Only a takeover and a
release replace or remove a file that is there; both do so under a file lock of the store.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlt_core.store.errors import naming_full_disks
from xlt_core.store.layout import DRAFTS, LEASES, lease_path
from xlt_core.store.lease import Claim, LeaseRecord, Sighting
from xlt_core.store.owner import Owner, owned_name

_LOCK = ".takeover.lock"
_LOCK_SECONDS = 10.0


class LocalLeases:
    """Leases under `<root>/leases/`. See `lease.Medium`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def see(self, key: str) -> Sighting | None:
        """The lease on `key`, dead or alive; an unreadable one belongs to nobody known."""
        try:
            with (self._root / lease_path(key)).open("rb") as file:
                status, data = os.fstat(file.fileno()), file.read()
        except FileNotFoundError:
            return None
        age = max(0.0, time.time() - status.st_mtime)
        beat = f"{status.st_ino} {status.st_mtime_ns}"
        try:
            record = LeaseRecord.from_json(json.loads(data))
        except (ValueError, KeyError, TypeError):
            record = LeaseRecord("unknown", Owner("unknown", "", 0, 0), ttl=15.0, nonce="")
        return Sighting(record, beat, age)

    def take(self, key: str, record: LeaseRecord, over: Sighting | None) -> Claim | None:
        """Take the lease where there is none, or over the very one that was seen."""
        target = self._root / lease_path(key)
        draft = self._root / DRAFTS / owned_name("lease")
        with naming_full_disks(self._root):
            for folder in (target.parent, draft.parent):
                folder.mkdir(parents=True, exist_ok=True)
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            won = False
            try:
                os.write(file, json.dumps(record.to_json()).encode())
                won = self._replace(key, draft, over) if over else _link(draft, target)
            finally:
                draft.unlink(missing_ok=True)
                if not won:
                    os.close(file)
        return LocalClaim(self, target, file) if won else None

    def _replace(self, key: str, draft: Path, over: Sighting) -> bool:
        with self.locked() as locked:
            if not locked:
                return False
            now = self.see(key)
            if now is None:
                return _link(draft, self._root / lease_path(key))
            if now.beat != over.beat:
                return False
            draft.replace(self._root / lease_path(key))
            return True

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the store's file lock for takeovers; whether it could be had."""
        from filelock import FileLock, Timeout

        lock = FileLock(str(self._root / LEASES / _LOCK), timeout=_LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


class LocalClaim:
    """A lease file that this process made. See `lease.Claim`."""

    def __init__(self, leases: LocalLeases, path: Path, file: int) -> None:
        self._leases = leases
        self._path = path
        self._file = file

    def beat(self) -> bool:
        """Touch the file; False where another stands in its place."""
        os.utime(self._file)
        return self._is_ours()

    def release(self) -> None:
        """Remove the file, if it is still ours."""
        try:
            with self._leases.locked() as locked:
                if locked and self._is_ours():
                    self._path.unlink()
        finally:
            os.close(self._file)

    def _is_ours(self) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        return False


def _link(draft: Path, target: Path) -> bool:
    """Give the file its place at once, with its content; False where one is there."""
    try:
        os.link(draft, target)
    except FileExistsError:
        return False
    return True
