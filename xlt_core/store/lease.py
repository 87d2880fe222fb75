"""Leases: who is computing a stage, so that two clusters on one store do not compute it twice.

A lease is a fence against waste, not a lock that results depend on: publishing is race-safe, so
two holders cost time and nothing else. It lives by its heartbeat (`heart`). It may be taken over
at once when its process is of this machine and dead, and otherwise when it has been silent for
longer than its own time to live, as watched by the taker's clock: clocks of two machines may
differ, and a laptop that slept has not been silent. Media: `lease_local`, `lease_remote`.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Protocol

from xlt_core.store.owner import Owner

log = logging.getLogger("xlt.store")
# A lease this much older than its time to live is dead by anybody's clock.
SURELY_SILENT = 600.0


@dataclass(frozen=True)
class LeaseRecord:
    """What a lease says. `nonce` tells it from every other; `ttl` is in seconds."""

    holder: str
    owner: Owner
    ttl: float
    nonce: str

    @classmethod
    def fresh(cls, holder: str, ttl: float) -> LeaseRecord:
        """A new lease of this process."""
        return cls(holder, Owner.current(), ttl, secrets.token_hex(8))

    def to_json(self) -> dict[str, Any]:
        """The form kept in the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LeaseRecord:
        """Read `to_json`. Raises KeyError or TypeError where it is something else."""
        return cls(
            str(data["holder"]), Owner(**data["owner"]), float(data["ttl"]), str(data["nonce"])
        )


@dataclass(frozen=True)
class LeaseInfo:
    """A lease as others see it. `age`: seconds since its last heartbeat."""

    holder: str
    host: str
    pid: int
    age: float


@dataclass(frozen=True)
class Sighting:
    """A lease as found in the store. `beat` changes with every heartbeat; `age` in seconds."""

    record: LeaseRecord
    beat: str
    age: float

    @property
    def info(self) -> LeaseInfo:
        """What is shown of it."""
        owner = self.record.owner
        return LeaseInfo(self.record.holder, owner.host, owner.pid, self.age)


class Claim(Protocol):
    """A lease that this process took, as its medium keeps it."""

    def beat(self) -> bool:
        """Renew it; False where it has been taken over. Raises OSError where nobody can say."""
        ...

    def release(self) -> None:
        """Give it up, if it is still ours."""
        ...


class Medium(Protocol):
    """Where leases are kept."""

    def see(self, key: str) -> Sighting | None:
        """The lease on `key`, dead or alive."""
        ...

    def take(self, key: str, record: LeaseRecord, over: Sighting | None) -> Claim | None:
        """Take the lease on `key` where there is none, or over the very one that was seen."""
        ...


class Watch:
    """How long leases have been silent by this process's clock, which no sleep of it counts in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first_seen: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def silence(self, key: str, sighting: Sighting) -> float:
        """Seconds for which the lease has been seen without a heartbeat."""
        with self._lock:
            beat, since = self._first_seen.get(key, ("", 0.0))
            if beat != sighting.beat:
                since = self._clock()
                self._first_seen[key] = (sighting.beat, since)
            return self._clock() - since

    def forget(self, key: str) -> None:
        """The lease is gone or ours."""
        with self._lock:
            self._first_seen.pop(key, None)


def is_abandoned(sighting: Sighting, silence: float) -> bool:
    """Whether a lease may be taken over."""
    if sighting.record.owner.is_dead():
        return True
    ttl = sighting.record.ttl
    return silence > ttl or sighting.age > ttl + SURELY_SILENT


class Lease:
    """A lease that this process holds. Made by `Store.lease`; a context manager.

    Attributes:
        key: the stage's key.
        holder: what the taker called itself.
        ttl: seconds of silence after which others may take it over.
    """

    def __init__(self, key: str, record: LeaseRecord, claim: Claim) -> None:
        self.key = key
        self.holder = record.holder
        self.ttl = record.ttl
        self._claim = claim
        self._lock = threading.Lock()
        self._taken = False
        self._released = False
        self._last_beat = time.monotonic()

    @property
    def lost(self) -> bool:
        """Whether it is no longer ours, or has not been renewed in time so that it may not be."""
        return self._released or self._taken or time.monotonic() - self._last_beat > self.ttl

    def beat(self) -> bool:
        """Renew it now; whether it is to be renewed again. The heart does this."""
        with self._lock:
            if self._released or self._taken:
                return False
            began = time.monotonic()
            try:
                self._taken = not self._claim.beat()
            except OSError as error:
                log.warning("lease on %s could not be renewed: %s", self.key, error)
                return True
            self._last_beat = began
        if self._taken:
            log.warning("lease on %s was taken over by another process", self.key)
        return not self._taken

    def release(self) -> None:
        """Give it up. Twice is fine."""
        with self._lock:
            if self._released:
                return
            self._released = True
            self._claim.release()

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
