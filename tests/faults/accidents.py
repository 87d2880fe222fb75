"""What may befall a sweep besides a killed process: a lost lease, a bad network to its store, a
full disk (`disk`), a closed terminal (`terminal`).

Each accident takes the sweep's home, its driver and the dice; it returns 1 where it happened, 0
where there was nothing it could happen to. Neighbour: `campaign`, which draws the moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.faults import disk, terminal
from tests.faults.flaky import Flaky
from tests.faults.processes import tree
from tests.s3_server import BUCKET, listening, reached_at
from xlt_core.store import Lease, Store
from xlt_core.store.layout import LEASES, leased_key
from xlt_core.store.lease import LeaseRecord
from xlt_core.store.owner import Owner

_pause = threading.Event()
_network: list[Flaky] = []


def store_of(home: Path) -> str:
    """The store of the sweep in `home`: a folder there, or S3 behind a bad network."""
    return f"s3://{BUCKET}/{home.name}" if _network else str(home / "runs" / "stages")


@contextlib.contextmanager
def around(kind: str) -> Iterator[None]:
    """What a campaign of this kind needs: for `network`, an S3 server and a way to it."""
    if kind in _AROUND:
        with _AROUND[kind]():
            yield
        return
    if kind != "network":
        yield
        return
    with listening() as endpoint, Flaky(endpoint) as network, reached_at(network.url):
        _network.append(network)
        try:
            yield
        finally:
            _network.remove(network)


def network(home: Path, driver: int, dice: random.Random) -> int:
    """The network is down, or bad, for a while: shorter or longer than a lease lives."""
    (way,) = _network
    if dice.random() < 0.5:
        way.down()
    else:
        way.up(faults=0.4)
    _pause.wait(dice.uniform(1, 25))
    way.up()
    return 1


def lease(home: Path, driver: int, dice: random.Random) -> int:
    """A lease of a stage at work is deleted, another's, or taken over while its holder sleeps."""
    found = sorted((home / "runs" / "stages" / LEASES).glob("*.json"))
    path = dice.choice(found) if found else None
    key = leased_key(path.name) if path is not None else None
    if path is None or key is None:
        return 0
    with contextlib.suppress(FileNotFoundError):
        return dice.choice((_delete, _overwrite, _put_to_sleep))(home, driver, path, key)
    return 0


ACCIDENTS = {
    "network": network,
    "lease": lease,
    "disk": disk.strike,
    "terminal": terminal.strike,
}
_AROUND = {"disk": disk.around, "terminal": terminal.around}


def _delete(home: Path, driver: int, path: Path, key: str) -> int:
    path.unlink()
    return 1


def _overwrite(home: Path, driver: int, path: Path, key: str) -> int:
    other = LeaseRecord("another", Owner("elsewhere", "boot", 1, 1), 3.0, os.urandom(8).hex())
    draft = home / "another-lease"
    draft.write_text(json.dumps(other.to_json()))
    draft.replace(path)
    return 1


def _put_to_sleep(home: Path, driver: int, path: Path, key: str) -> int:
    """Stop the holder until its lease can be taken over; wake it up; give the lease back."""
    pid = LeaseRecord.from_json(json.loads(path.read_bytes())).owner.pid
    holders = [process for process in tree(driver) if process.pid == pid]
    if not holders:
        return 0
    with _stopped(holders[0]):
        taken = _taken_over(Store(store_of(home)), key)
    if taken is None:
        return 0
    _pause.wait(2)
    taken.release()
    return 1


@contextlib.contextmanager
def _stopped(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _taken_over(store: Store, key: str) -> Lease | None:
    """The lease of a holder who sleeps, once it may be had; None where it never may."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = store.lease(key, "campaign")
        if found is not None:
            return found
        _pause.wait(0.5)
    return None
