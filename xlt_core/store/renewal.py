"""The renewer: one thread a process that renews all its leases, three times a time to live.

No error ends it: a lease that could not be renewed is tried again until it is released or lost.
"""

from __future__ import annotations

import atexit
import os
import threading
import time

from xlt_core.store.lease import Lease


class LeaseRenewer:
    """Renews leases until they are released or lost. Its thread starts with the first lease."""

    def __init__(self) -> None:
        self._due: dict[Lease, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def keep(self, lease: Lease) -> None:
        """Renew `lease` from now on."""
        with self._changed:
            self._due[lease] = time.monotonic() + lease.ttl / 3
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xlt-leases", daemon=True)
                self._thread.start()
            self._changed.notify()

    def release_all(self) -> None:
        """Give up every lease, when the process ends in order."""
        with self._changed:
            leases = list(self._due)
        for lease in leases:
            lease.release()

    def _run(self) -> None:
        while True:
            for lease in self._wait_for_due():
                if not lease.beat():
                    with self._changed:
                        self._due.pop(lease, None)

    def _wait_for_due(self) -> list[Lease]:
        """Sleep until a lease is due; returns those that are, with their next time set."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = [lease for lease, at in self._due.items() if at <= now]
                if due:
                    self._due.update({lease: now + lease.ttl / 3 for lease in due})
                    return due
                soonest = min(self._due.values(), default=None)
                self._changed.wait(None if soonest is None else soonest - now)


class _HeartOfProcess:
    """The one heart of this process; a forked child gets its own, its parent's leases not in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._renewer: tuple[int, LeaseRenewer] | None = None

    def get(self) -> LeaseRenewer:
        with self._lock:
            if self._renewer is None or self._renewer[0] != os.getpid():
                renewer = LeaseRenewer()
                atexit.register(_release_in, os.getpid(), renewer)
                self._renewer = (os.getpid(), renewer)
            return self._renewer[1]


def _release_in(pid: int, renewer: LeaseRenewer) -> None:
    if os.getpid() == pid:
        renewer.release_all()


_of_process = _HeartOfProcess()


def lease_renewer() -> LeaseRenewer:
    """The heart of this process."""
    return _of_process.get()
