"""Leases as blobs in the store, in a folder and at a URL alike: what they ask of the place is that
a name can be made only once.

    leases/<key>.json        taken where there was none: number 1
    leases/<key>.<n>.json    taken over from number n-1

The highest number is the lease. So of all who want to take over the same silent lease one gets the
name; no link, file lock or conditional replacement is needed, which SMB, exFAT and many FUSE file
systems have not. A heartbeat writes the blob anew with a higher count. A blob that is torn
or of another version belongs to nobody known, and silence decides as for any other.
"""

from __future__ import annotations

import hashlib
import json

from xlt_core.store.backend import Backend
from xlt_core.store.layout import LEASES, lease_number, lease_path, stage_path
from xlt_core.store.lease import LeaseRecord, Sighting
from xlt_core.store.owner import Owner

UNREADABLE_TTL = 15.0


class Leases:
    """The leases of one store."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def see(self, key: str) -> Sighting | None:
        """The lease on `key`, dead or alive; None where there is none."""
        number = max(self.numbers(key), default=0)
        data = self._backend.get(lease_path(key, number)) if number else None
        return None if data is None else _sighting(data, number)

    def take(self, key: str, record: LeaseRecord, over: Sighting | None) -> TakenLease | None:
        """Take the lease on `key` where there is none, or over the very one that was seen."""
        claim = TakenLease(self, self._backend, key, 1 if over is None else over.number + 1, record)
        if not self._backend.create(claim.path, claim.content()):
            return None
        if not self._stands(claim, over):
            self._backend.remove(claim.path)
            return None
        self.remove_below(key, claim.number)
        return claim

    def numbers(self, key: str) -> list[int]:
        """Numbers of the lease blobs on `key`, ascending. Raises ValueError where it is none."""
        stage_path(key)
        found = (lease_number(name, key) for name in self._backend.names(LEASES))
        return sorted(number for number in found if number is not None)

    def remove_below(self, key: str, number: int) -> None:
        """Remove what was taken over."""
        for older in self.numbers(key):
            if older < number:
                self._backend.remove(lease_path(key, older))

    def _stands(self, claim: TakenLease, over: Sighting | None) -> bool:
        """Whether nobody went on between our look and our writing: they were there first."""
        if max(self.numbers(claim.key), default=0) != claim.number:
            return False
        if over is None:
            return True
        data = self._backend.get(lease_path(claim.key, over.number))
        return data is None or _sighting(data, over.number).beat == over.beat


class TakenLease:
    """A lease that this process wrote. Every method raises OSError where nobody can say."""

    def __init__(
        self, leases: Leases, backend: Backend, key: str, number: int, record: LeaseRecord
    ) -> None:
        self.key = key
        self.number = number
        self.path = lease_path(key, number)
        self._leases = leases
        self._backend = backend
        self._record = record
        self._count = 0

    def content(self) -> bytes:
        """The blob as it is to be now."""
        return json.dumps(self._record.to_json() | {"beat": self._count}).encode()

    def beat(self) -> bool:
        """Write it anew; False where it was taken over or removed."""
        if not self._is_highest():
            self.release()
            return False
        self._count += 1
        self._backend.put(self.path, self.content())
        return True

    def release(self) -> None:
        """Remove it, if it is still ours; what it was taken from first, so that none comes back."""
        if self._is_ours():
            self._leases.remove_below(self.key, self.number)
            self._backend.remove(self.path)

    def _is_highest(self) -> bool:
        return self._is_ours() and max(self._leases.numbers(self.key), default=0) == self.number

    def _is_ours(self) -> bool:
        data = self._backend.get(self.path)
        return data is not None and _record(data).nonce == self._record.nonce


def _sighting(data: bytes, number: int) -> Sighting:
    return Sighting(_record(data), hashlib.sha256(data).hexdigest(), number)


def _record(data: bytes) -> LeaseRecord:
    try:
        return LeaseRecord.from_json(json.loads(data))
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
        return LeaseRecord("unknown", Owner("unknown", "", 0, 0), UNREADABLE_TTL, nonce="")
