"""Leases: who computes a stage is alone with it, until it gives up, falls silent or dies."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from xlt_core.store import Store
from xlt_core.store.lease import Lease, LeaseRecord, Sighting, Watch
from xlt_core.store.owner import Owner
from xlt_core.testing.stores.place import OnAPlace, again


class LeaseSuite(OnAPlace):
    """One holder at a time, whoever asks in the same moment and whatever stands in its place."""

    def test_one_holder_at_a_time(self, store: Store, key: str) -> None:
        """Even within a process; others see who it is."""
        lease = taken(store, key, "first")
        assert store.lease(key, "second") is None
        assert again(store).lease(key, "third") is None
        info = store.lease_holder(key)
        assert info is not None
        assert (info.holder, info.pid) == ("first", os.getpid())
        assert 0 <= info.age < 60
        assert not lease.lost
        lease.release()
        assert lease.lost
        assert store.lease_holder(key) is None
        with taken(store, key, "second") as second:
            assert not second.lost
        assert store.lease_holder(key) is None

    def test_leases_on_other_stages_are_free(self, store: Store, key: str) -> None:
        """A lease is on one key."""
        with taken(store, key, "first"), taken(store, "0" * 64, "second"):
            assert holder_of(store, key) == "first"
            assert holder_of(store, "0" * 64) == "second"

    def test_the_heart_keeps_it_alive(self, store: Store, key: str) -> None:
        """Others who watch for longer than its time to live see it beat."""
        ttl = 0.9
        with taken(store, key, "first", ttl=ttl) as lease:
            other = again(store)
            beats = set[str]()
            end, pause = time.monotonic() + 2 * ttl, threading.Event()
            while time.monotonic() < end:
                assert other.lease(key, "second", ttl=ttl) is None
                beats.add(seen(other, key).beat)
                pause.wait(0.1)
            assert len(beats) > 2
            assert not lease.lost

    def test_of_many_takers_at_once_one_gets_it(self, store: Store, key: str) -> None:
        """However many threads ask in the same moment."""
        start, found = threading.Barrier(8), list[Lease | None]()

        def take(number: int) -> None:
            mine = again(store)
            start.wait()
            found.append(mine.lease(key, str(number)))

        threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (lease,) = [lease for lease in found if lease is not None]
        assert holder_of(store, key) == lease.holder
        lease.release()

    def test_a_lease_removed_behind_our_back_is_lost(self, store: Store, key: str) -> None:
        """The next heartbeat tells."""
        lease = taken(store, key, "first", ttl=60)
        store._backend.remove(f"leases/{key}.json")
        assert not lease.beat()
        assert lease.lost
        with taken(store, key, "second"):
            lease.release()
            assert holder_of(store, key) == "second", "a lost lease releases nothing"

    def test_a_lease_overwritten_by_another_is_lost(self, store: Store, key: str) -> None:
        """And the other's is left alone."""
        lease = taken(store, key, "first", ttl=60)
        other = LeaseRecord("other", Owner("elsewhere", "boot", 1, 1), 60.0, "n")
        store._backend.put(f"leases/{key}.json", json.dumps(other.to_json()).encode())
        assert not lease.taken
        assert not lease.beat()
        assert lease.taken
        lease.release()
        assert holder_of(store, key) == "other"

    @pytest.mark.parametrize("torn", [b"", b"{", b'{"holder"', b"[]", b"null", b"\xff\xfe", b"1"])
    def test_a_torn_lease_is_taken_over_once_it_has_been_silent(
        self, store: Store, key: str, torn: bytes
    ) -> None:
        """Whoever wrote it died at it; nothing but the take-over ever touches it."""
        store._backend.put(f"leases/{key}.json", torn)
        now = [0.0]
        store._watch = Watch(lambda: now[0])
        for second in (0.0, 5.0, 10.0, 15.0):
            now[0] = second
            assert store.lease(key, "me") is None
            assert holder_of(store, key) == "unknown"
        now[0] = 15.1
        with taken(store, key, "me") as lease:
            assert lease.beat()
            assert store._backend.names("leases") == [f"{key}.2.json"]
        assert store._backend.names("leases") == []

    @pytest.mark.parametrize("field", ["ttl", "owner", "nonce", "pid"])
    @pytest.mark.parametrize("value", [None, "", "x", -1, float("nan"), float("inf"), [], {}])
    def test_a_lease_of_nonsense_is_as_a_torn_one(
        self, store: Store, key: str, field: str, value: Any
    ) -> None:
        """It neither crashes nor holds for ever."""
        content: dict[str, Any] = LeaseRecord(
            "other", Owner("elsewhere", "boot", 1, 1), 60.0, "n"
        ).to_json()
        (content["owner"] if field == "pid" else content)[field] = value
        store._backend.put(f"leases/{key}.json", json.dumps(content).encode())
        assert store.lease(key, "me") is None
        assert store.lease_holder(key) is not None
        found = seen(store, key)
        assert 0 < found.record.ttl <= 60

    def test_take_over_follows_take_over(self, store: Store, key: str) -> None:
        """Each under the next number, until somebody gives it up."""
        dead = replace(Owner.current(), pid=2**30)
        for number in range(1, 5):
            over = store._leases().see(key)
            claim = store._leases().take(key, LeaseRecord("x", dead, 9.0, str(number)), over)
            assert claim is not None
            assert claim.number == number
            assert len(store._backend.names("leases")) == 1
        with taken(store, key, "me"):
            assert len(store._backend.names("leases")) == 1
        assert store._backend.names("leases") == []

    def test_who_comes_too_late_gets_nothing_and_disturbs_nobody(
        self, store: Store, key: str
    ) -> None:
        """Between a look and the taking somebody else took over, or it was given up and retaken."""
        leases, dead = store._leases(), replace(Owner.current(), pid=2**30)
        leases.take(key, LeaseRecord("dead", dead, 9.0, "dead"), None)
        over = leases.see(key)
        with taken(store, key, "quick") as lease:
            assert leases.take(key, LeaseRecord("slow", dead, 9.0, "slow"), over) is None
            assert leases.take(key, LeaseRecord("blind", dead, 9.0, "blind"), None) is None
            assert lease.beat()
        with taken(store, key, "second") as lease:
            assert leases.take(key, LeaseRecord("slow", dead, 9.0, "slow"), over) is None
            assert lease.beat()
        assert store._backend.names("leases") == []


def taken(store: Store, key: str, holder: str, ttl: float = 15.0) -> Lease:
    """A lease on what is free."""
    lease = store.lease(key, holder, ttl=ttl)
    assert lease is not None
    return lease


def holder_of(store: Store, key: str) -> str:
    """Who holds the lease there is."""
    info = store.lease_holder(key)
    assert info is not None
    return info.holder


def seen(store: Store, key: str) -> Sighting:
    """The lease there is, as others see it."""
    found = store._leases().see(key)
    assert found is not None
    return found
