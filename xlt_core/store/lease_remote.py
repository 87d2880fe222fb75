"""Leases on an object store: best effort, which is all that a fence against waste needs.

Taking a free lease is exact where the service writes conditionally (S3, GCS) and else writes and
reads back. Taking over a silent one always writes and reads back: of two takers in the same
moment both may believe they hold it until the next heartbeat, when one finds that it is lost. A
heartbeat rewrites the object with a higher count.
"""

from __future__ import annotations

import json
import time

from xlt_core.store.backend import Backend
from xlt_core.store.layout import lease_path
from xlt_core.store.lease import Claim, LeaseRecord, Sighting


class RemoteLeases:
    """Leases as objects under `<root>/leases/`. See `lease.Medium`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def see(self, key: str) -> Sighting | None:
        """The lease on `key`, dead or alive."""
        data = self._backend.get(lease_path(key))
        return None if data is None else _read(data)

    def take(self, key: str, record: LeaseRecord, over: Sighting | None) -> Claim | None:
        """Take the lease where there is none, or over the very one that was seen."""
        claim = RemoteClaim(self._backend, key, record)
        if over is None:
            return claim if self._backend.create(lease_path(key), claim.content()) else None
        now = self.see(key)
        if now is not None and now.beat != over.beat:
            return None
        self._backend.put(lease_path(key), claim.content())
        return claim if claim.is_ours() else None


class RemoteClaim:
    """A lease object that this process wrote. See `lease.Claim`."""

    def __init__(self, backend: Backend, key: str, record: LeaseRecord) -> None:
        self._backend = backend
        self._path = lease_path(key)
        self._record = record
        self._count = 0

    def content(self) -> bytes:
        """The object as it is to be now."""
        at = {"beat": self._count, "at": time.time()}
        return json.dumps(self._record.to_json() | at).encode()

    def beat(self) -> bool:
        """Write the object again; False where another stands in its place."""
        if not self.is_ours():
            return False
        self._count += 1
        self._backend.put(self._path, self.content())
        return True

    def release(self) -> None:
        """Remove the object, if it is still ours."""
        if self.is_ours():
            self._backend.remove(self._path)

    def is_ours(self) -> bool:
        """Whether the object in the store is this lease."""
        data = self._backend.get(self._path)
        return data is not None and _read(data).record.nonce == self._record.nonce


def _read(data: bytes) -> Sighting:
    content = json.loads(data)
    record = LeaseRecord.from_json(content)
    age = max(0.0, time.time() - float(content["at"]))
    return Sighting(record, f"{record.nonce} {content['beat']}", age)
