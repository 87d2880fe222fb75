"""Leases: who is computing a stage, so that two clusters on one store do not compute it twice.

A lease is a fence against waste, not a lock that results depend on: publishing is race-safe, so
two holders cost time and nothing else. It lives by its heartbeat (`renewal`). It may be taken over
at once when its process is of this machine and dead, and otherwise when it has been watched for
longer than its own time to live without a heartbeat. No clock of another machine is ever looked
at, and time in which the watcher did not look counts little: it may have slept, and the holder,
too. Who loses a lease finds out by its own next heartbeat. Where they are kept: `leases`.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Protocol

from xlt_core.store.owner import Owner

log = logging.getLogger("xlt.store")
# Of a time in which a watcher did not look, what counts at most, in times to live: a heartbeat is
# due after a third, so that no lease is taken over by who looks but once after a long sleep.
UNWATCHED = 0.5


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

    def to_json(self) -> dict[str, object]:
        """The form kept in the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LeaseRecord:
        """Read `to_json`. Raises what such conversions raise where it is something else."""
        owner, ttl = data["owner"], float(data["ttl"])
        if not 0 < ttl < math.inf:
            raise ValueError(f"no time to live: {ttl}")
        who = Owner(
            str(owner["host"]), str(owner["boot"]), int(owner["pid"]), int(owner["started"])
        )
        return cls(str(data["holder"]), who, ttl, str(data["nonce"]))


@dataclass(frozen=True)
class LeaseInfo:
    """A lease as others see it. `age`: seconds for which no heartbeat has been seen."""

    holder: str
    host: str
    pid: int
    age: float


@dataclass(frozen=True)
class Sighting:
    """A lease as found. `beat` changes with every heartbeat; `number`: see `leases`."""

    record: LeaseRecord
    beat: str
    number: int = 1

    def info(self, silence: float) -> LeaseInfo:
        """What is shown of it."""
        owner = self.record.owner
        return LeaseInfo(self.record.holder, owner.host, owner.pid, silence)


class Renewable(Protocol):
    """A lease that this process took, as it is kept in the store."""

    def beat(self) -> bool:
        """Renew it; False where it has been taken over. Raises OSError where nobody can say."""
        ...

    def release(self) -> None:
        """Give it up, if it is still ours. Raises OSError where that cannot be done."""
        ...


class Watch:
    """How long leases have been silent while this process looked, by its own clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[str, float, float]] = {}  # beat, silence, last look
        self._lock = threading.Lock()

    def silence(self, key: str, sighting: Sighting) -> float:
        """Seconds for which the lease has been watched without a heartbeat."""
        with self._lock:
            now = self._clock()
            beat, silence, last = self._seen.get(key, ("", 0.0, now))
            watched = min(now - last, UNWATCHED * sighting.record.ttl)
            silence = silence + watched if beat == sighting.beat else 0.0
            self._seen[key] = (sighting.beat, silence, now)
            return silence

    def forget(self, key: str) -> None:
        """The lease is gone or ours."""
        with self._lock:
            self._seen.pop(key, None)


def is_abandoned(sighting: Sighting, silence: float) -> bool:
    """Whether a lease may be taken over."""
    return sighting.record.owner.is_dead() or silence > sighting.record.ttl


class Lease:
    """A lease that this process holds. Made by `Store.lease`; a context manager.

    Attributes:
        key: the stage's key.
        holder: what the taker called itself.
        ttl: seconds of silence after which others may take it over.
    """

    def __init__(self, key: str, record: LeaseRecord, claim: Renewable) -> None:
        self.key = key
        self.holder = record.holder
        self.ttl = record.ttl
        self._claim = claim
        self._lock = threading.Lock()
        self._taken = False
        self._released = False
        self._last_beat = time.monotonic()

    @property
    def taken(self) -> bool:
        """Whether it is known to be another's or gone: who works under it had better stop."""
        return self._taken

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
            except Exception as error:  # whatever it is: the next heartbeat may get through
                log.warning("lease on %s could not be renewed: %s", self.key, error)
                return True
            self._last_beat = began
        if self._taken:
            log.warning("lease on %s was taken over or removed by another process", self.key)
        return not self._taken

    def release(self) -> None:
        """Give it up. Twice is fine; one that cannot be removed falls silent, and is said."""
        with self._lock:
            if self._released:
                return
            self._released = True
            try:
                self._claim.release()
            except Exception as error:
                log.warning("lease on %s could not be removed: %s", self.key, error)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
