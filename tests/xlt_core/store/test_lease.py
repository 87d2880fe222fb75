"""Leases: one holder at a time, taken over when the holder is dead or silent."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from xlt_core.store import Store
from xlt_core.store.lease import LeaseRecord, Sighting, Watch, is_abandoned
from xlt_core.store.owner import Owner, owned_name, owner_is_dead

HOLD = """
lease = store.lease(key, "other", ttl=float(sys.argv[3]))
say(lease is not None)
wait_forever()
"""

Found = TypeVar("Found")


def awaited(ask: Callable[[], Found], seconds: float = 60.0) -> Found:
    """What `ask` says once it says something; asks ten times a second."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not (found := ask()):
        assert time.monotonic() < deadline, "it never came"
        pause.wait(0.1)
    return found


class TestTakeover:
    @pytest.fixture
    def kind(self) -> str:
        """Between processes of one machine, in a folder."""
        return "local"

    @pytest.mark.fault
    def test_at_once_when_the_holder_of_this_machine_is_killed(self, store, key, start) -> None:
        """Even before anybody has buried it."""
        other = start(HOLD, store.url, key, "3600")
        assert other.said() == "True"
        assert store.lease(key, "me") is None
        assert store.lease_holder(key).pid == other.process.pid
        other.kill(reap=False)
        os.waitid(os.P_PID, other.process.pid, os.WEXITED | os.WNOWAIT)
        assert store.lease_holder(key) is None
        with store.lease(key, "me") as lease:
            assert lease is not None
            assert store.lease_holder(key).holder == "me"

    @pytest.mark.fault
    def test_when_the_holder_has_been_silent_too_long(self, store, key, start) -> None:
        """It is frozen, not dead; when it wakes up it knows that it has lost."""
        ttl = 0.6
        code = HOLD.replace("wait_forever()", "wait()\nwhile not lease.lost: pass\nsay('lost')")
        other = start(code, store.url, key, str(ttl))
        assert other.said() == "True"
        os.kill(other.process.pid, signal.SIGSTOP)
        lease = awaited(lambda: store.lease(key, "me", ttl=60))
        os.kill(other.process.pid, signal.SIGCONT)
        other.go()
        assert other.said() == "lost"
        assert lease.beat()
        assert not lease.lost
        assert store.lease_holder(key).holder == "me"
        lease.release()

    @pytest.mark.fault
    @pytest.mark.parametrize("age", [-1e9, -3600.0, 3600.0, 1e9])
    def test_never_for_what_a_clock_says(self, store, key, age: float) -> None:
        """The holder is on another machine, whose clock or disk is as wrong as you like."""
        other = LeaseRecord("other", Owner("elsewhere", "boot", 1, 1), 15.0, "n")
        path = Path(store.url) / "leases" / f"{key}.json"
        for beat in range(3):
            content = {**other.to_json(), "beat": beat, "at": time.time() - age}
            store._backend.put(f"leases/{key}.json", json.dumps(content).encode())
            os.utime(path, (time.time() - max(age, -1e8), time.time() - max(age, -1e8)))
            assert Store(store.url).lease(key, "me") is None
            assert Store(store.url).lease_holder(key).age == 0.0

    @pytest.mark.fault
    def test_not_by_a_watcher_that_was_asleep(self, store, key, start) -> None:
        """It sees one look long ago and one now; the holder slept as long and has yet to beat."""
        ttl = 0.6
        watcher = start(
            """
say("ready")
wait()
say(store.lease(key, "watcher") is None)
wait()
say(store.lease(key, "watcher") is None)
wait_forever()
""",
            store.url,
            key,
        )
        other = LeaseRecord("other", Owner("elsewhere", "boot", 1, 1), ttl, "n")
        store._backend.put(f"leases/{key}.json", json.dumps(other.to_json()).encode())
        assert watcher.said() == "ready"
        watcher.go()
        assert watcher.said() == "True"
        os.kill(watcher.process.pid, signal.SIGSTOP)
        threading.Event().wait(3 * ttl)  # the sleep itself
        os.kill(watcher.process.pid, signal.SIGCONT)
        watcher.go()
        assert watcher.said() == "True"

    @pytest.mark.fault
    def test_of_many_who_take_over_one_gets_it(self, store, key, start) -> None:
        """The holder is dead, and eight want its place."""
        holder = start(HOLD, store.url, key, "3600")
        assert holder.said() == "True"
        code = """
say("ready")
wait()
lease = store.lease(key, sys.argv[3])
say(lease is not None)
wait_forever()
"""
        takers = [start(code, store.url, key, str(number)) for number in range(8)]
        assert [taker.said() for taker in takers] == ["ready"] * 8
        holder.kill()
        for taker in takers:
            taker.go()
        won = [taker.said() for taker in takers]
        assert sorted(won) == ["False"] * 7 + ["True"]
        assert store.lease_holder(key).holder == str(won.index("True"))

    def test_a_process_that_ends_in_order_gives_its_leases_up(self, store, key, start) -> None:
        """Nothing is left to wait for, on any machine."""
        other = start('store.lease(key, "other"); say("done")', store.url, key)
        assert other.said() == "done"
        other.process.wait()
        assert store._leases().see(key) is None

    def test_a_forked_child_does_not_hold_its_parents_leases(self, store, key) -> None:
        """Its heart is its own; its end leaves the parent's lease alone."""
        with store.lease(key, "parent", ttl=60) as lease:
            child = os.fork()
            if child == 0:
                with store.lease("0" * 64, "child", ttl=60) as own:
                    os._exit(0 if own is not None else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert lease.beat()
            assert store.lease_holder(key).holder == "parent"

    def test_an_unreadable_lease_is_waited_for(self, store, key) -> None:
        """It may be another version's; when it stays silent it is taken over."""
        place = store._backend
        place.put(f"leases/{key}.json", b"what is this")
        assert store.lease(key, "me") is None
        assert store.lease_holder(key).holder == "unknown"


class TestAbandoned:
    """The decision alone."""

    OTHER = Owner("elsewhere", "boot", 1, 1)

    @pytest.mark.parametrize(
        ("silence", "abandoned"), [(0.0, False), (9.9, False), (10.1, True), (1e4, True)]
    )
    def test_by_silence(self, silence: float, abandoned: bool) -> None:
        """Of a process elsewhere nothing is known but its heartbeat."""
        record = LeaseRecord("other", self.OTHER, ttl=10.0, nonce="n")
        assert is_abandoned(Sighting(record, "beat"), silence) is abandoned

    def test_a_recycled_process_number_is_another_process(self) -> None:
        """The start time tells."""
        me = Owner.current()
        assert not me.is_dead()
        assert replace(me, started=me.started - 1000).is_dead()
        assert not replace(me, boot="another", pid=2**30).is_dead()
        assert replace(me, pid=2**30).is_dead()

    def test_silence_is_watched_from_the_first_sighting(self) -> None:
        """A new beat starts it anew."""
        now = [100.0]
        watch = Watch(lambda: now[0])
        sighting = Sighting(LeaseRecord("other", self.OTHER, 16.0, "n"), "1")
        assert watch.silence("key", sighting) == 0.0
        now[0] = 108.0
        assert watch.silence("key", sighting) == 8.0
        assert watch.silence("key", replace(sighting, beat="2")) == 0.0

    @pytest.mark.parametrize("asleep", [15.0, 60.0, 3600.0, 1e9])
    @pytest.mark.parametrize("before", [0.0, 2.5, 5.0])
    def test_a_watcher_that_slept_has_not_watched(self, asleep: float, before: float) -> None:
        """Both may have slept, and the holder gets a heartbeat's time to wake up in."""
        now, ttl = [0.0], 15.0
        watch = Watch(lambda: now[0])
        sighting = Sighting(LeaseRecord("other", self.OTHER, ttl, "n"), "1")
        watch.silence("key", sighting)
        for step in (before, asleep):
            now[0] += step
            silence = watch.silence("key", sighting)
        assert not is_abandoned(sighting, silence)
        now[0] += ttl / 2
        assert is_abandoned(sighting, watch.silence("key", sighting)) is (before > 0)
        now[0] += ttl / 2
        assert is_abandoned(sighting, watch.silence("key", sighting)), "a silent one in the end"


class TestOwnedNames:
    def test_names_tell_whose_they_are(self) -> None:
        """Ours is alive; what is not such a name tells nothing."""
        assert owner_is_dead(owned_name("x.y")) is False
        machine, pid = Owner.current().machine, 2**30
        assert owner_is_dead(f"x.{machine}.{pid}.5.abcd") is True
        assert owner_is_dead(f"x.elsewhere.{pid}.5.abcd") is None
        assert owner_is_dead("something else") is None
