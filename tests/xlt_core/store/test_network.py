"""A store behind a bad network: whole stages or none, leases that live on, errors of machines."""

from __future__ import annotations

import json
import os
import pickle
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import botocore.exceptions
import fsspec
import pytest

from tests.faults.flaky import WAYS, Flaky
from xlt_core.store import Store, StoreUnreachable
from xlt_core.store.remote import RemoteBackend
from xlt_core.store.service import Service
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint

pytestmark = pytest.mark.fault

# What services say in their own words; none but the last two is an OSError.
ERRORS = {
    "no credentials": botocore.exceptions.NoCredentialsError(),
    "expired": botocore.exceptions.ClientError({"Error": {"Code": "ExpiredToken"}}, "GetObject"),
    "no endpoint": botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"),
    "read timeout": botocore.exceptions.ReadTimeoutError(endpoint_url="http://x"),
    "no region": botocore.exceptions.NoRegionError(),
    "bad region": botocore.exceptions.InvalidRegionError(region_name="?"),
    "payload": aiohttp.ClientPayloadError("cut short"),
    "nonsense": json.JSONDecodeError("not JSON", "<html>", 0),
    "of its own": type("ServiceError", (Exception,), {})("quota"),
    "forbidden": PermissionError("Access Denied"),
    "reset": ConnectionResetError(104, "reset by peer"),
}
CALLS: dict[str, Callable[[Store, str, Path], object]] = {
    "contains": lambda store, key, folder: store.contains(key),
    "contains_all": lambda store, key, folder: store.contains_all([key]),
    "read": lambda store, key, folder: store.read(key),
    "keys": lambda store, key, folder: list(store.keys()),
    "list": lambda store, key, folder: store.list(),
    "pin": lambda store, key, folder: store.pin("sweep", [key]),
    "pins": lambda store, key, folder: store.pins(),
    "unpin": lambda store, key, folder: store.unpin("sweep"),
    "lease": lambda store, key, folder: store.lease(key, "me"),
    "lease_holder": lambda store, key, folder: store.lease_holder(key),
    "verify": lambda store, key, folder: store.verify(),
    "prune": lambda store, key, folder: store.prune(0, dry_run=False),
    "checkpoint": lambda store, key, folder: store.checkpoints(key).latest(),
    "publish": lambda store, key, folder: _publish(store, key),
}


@pytest.fixture
def network(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flaky]:
    """The way to S3. What is opened from now on goes this way."""
    import s3fs

    with Flaky(os.environ["AWS_ENDPOINT_URL"]) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.url)
        s3fs.S3FileSystem.clear_instance_cache()
        yield way
        way.up()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def away(network: Flaky, s3: str, key: str, tmp_path: Path) -> Store:
    """A store behind it."""
    return Store(f"{s3}/{tmp_path.name}", scratch=tmp_path / "scratch")


class TestErrors:
    """Whatever a service raises is an OSError: tried again in a sweep, one screen elsewhere."""

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("error", ERRORS)
    def test_of_any_kind_in_any_call(self, tmp_path, key, error, call) -> None:
        """With the store's name and what to look at."""
        store = Store("memory://broken/stages", scratch=tmp_path)
        _break(store, ERRORS[error])
        with pytest.raises(StoreUnreachable, match="memory://broken") as caught:
            CALLS[call](store, key, tmp_path)
        assert isinstance(caught.value, OSError)
        assert "credentials" in caught.value.mistake.remedy
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        assert not list((tmp_path).rglob("*.json")), "no draft is left"

    @pytest.mark.parametrize("error", ERRORS)
    def test_preflight_says_so(self, tmp_path, error) -> None:
        """As the user's mistake."""
        store = Store("memory://broken/stages", scratch=tmp_path)
        _break(store, ERRORS[error])
        with pytest.raises(UserMistake, match="cannot be written to"):
            store.check()

    @pytest.mark.parametrize("error", ERRORS)
    def test_checkpoints_are_not_worth_stopping_for(self, tmp_path, key, error, caplog) -> None:
        """Training goes on, and says that it has none; what was published counts."""
        store = Store("memory://broken/stages", scratch=tmp_path)
        _break(store, ERRORS[error])
        store.checkpoints(key).save(1, _write)
        store.checkpoints(key).drop()
        assert "was not saved" in caplog.text
        assert "left behind" in caplog.text
        assert list((store._backend.drafts).iterdir()) == []


class TestPublishing:
    @pytest.mark.parametrize("way", WAYS)
    def test_whole_or_not_at_all(self, away: Store, network: Flaky, tmp_path, way) -> None:
        """Whatever fails, and whether or not we heard that it was done: tried again, it stands."""
        network.ways = (way,)
        for number in range(4):
            key = fingerprint(number)
            network.faults = 0.5
            told = _until_told(away, key)
            network.faults = 0.0
            assert told or away.contains(key)
            stage = away.read(key)
            assert stage is not None
            assert stage.path("weights.safetensors").read_bytes() == key.encode() * 1000
        assert network.met[way] > 4
        assert away.verify().damaged == []
        assert not list(away._backend.drafts.iterdir())

    def test_files_of_a_manifest_nobody_heard_of_stay(self, away: Store, network: Flaky, key):
        """The answer to the last word is lost, and then the network is gone altogether."""
        backend = away._backend
        create = backend.create

        def lost(path: str, data: bytes) -> bool:
            create(path, data)
            raise StoreUnreachable(away.url, "the answer was lost")

        backend.create = lost  # type: ignore[method-assign]
        with pytest.raises(StoreUnreachable):
            _publish(away, key)
        assert away.contains(key)
        assert away.verify().damaged == []


class TestReading:
    def test_what_never_changes_is_asked_for_once(self, away: Store, network: Flaky, key) -> None:
        """Of a stage that was read before only the manifest, which says that it is the same; each
        by one request. A copy that was damaged here is no fault of the stage."""
        assert _publish(away, key)
        first = away.read(key)
        assert first is not None
        copies = [path for path in away.scratch.rglob("stage.json") if path.is_file()]
        for damaged in (False, True):
            if damaged:
                copies[0].write_bytes(b"{}")
            network.asked.clear()
            again = Store(away.url, scratch=away.scratch).read_all([key])[key]
            assert again.about == first.about
            files = Counter(
                path.rpartition("/")[2] for verb, path in network.asked if verb != "LIST"
            )
            assert files["manifest.json"] == 1
            assert files["stage.json"] == (1 if damaged else 0)


class TestLease:
    def test_lives_through_an_outage(self, away: Store, network: Flaky, key: str) -> None:
        """It is renewed as soon as the network is back, however long that took."""
        ttl = 0.9
        lease = away.lease(key, "me", ttl=ttl)
        assert lease is not None
        network.down()
        _await(lambda: lease.lost)
        assert network.met["dropped"] > 0
        assert not lease.taken, "nobody knows that"
        network.up()
        _await(lambda: not lease.lost)
        assert away.lease_holder(key) is not None
        lease.release()
        assert away.lease_holder(key) is None

    @pytest.mark.parametrize("error", ERRORS)
    def test_no_error_ends_its_heartbeat(self, tmp_path, key, error) -> None:
        """Not once, not many times."""
        url = f"memory://{tmp_path.name}-{error}/stages"
        store, ttl = Store(url, scratch=tmp_path), 0.3
        lease = store.lease(key, "me", ttl=ttl)
        assert lease is not None
        mend = _break(store, ERRORS[error])
        _await(lambda: lease.lost)
        mend()
        _await(lambda: not lease.lost)
        lease.release()
        assert store._leases().see(key) is None

    def test_one_that_cannot_be_released_falls_silent(self, tmp_path, key, caplog) -> None:
        """Said, not raised: what was done under it is done."""
        store = Store(f"memory://{tmp_path.name}/stages", scratch=tmp_path)
        lease = store.lease(key, "me", ttl=60)
        mend = _break(store, ERRORS["no endpoint"])
        lease.release()
        assert "could not be removed" in caplog.text
        mend()
        assert store.lease_holder(key) is not None


class _Broken(fsspec.AbstractFileSystem):
    """A service where nothing works."""

    cachable = False
    error: Exception

    def _fail(self, *_: object, **__: object) -> None:
        raise self.error

    cat_file = pipe_file = ls = find = rm = rm_file = put = get_file = exists = _fail


def _break(store: Store, error: Exception) -> Callable[[], None]:
    """Let every call to the service of `store` fail; returns what mends it."""
    backend = store._backend
    assert isinstance(backend, RemoteBackend)
    whole = backend._system()
    broken = _Broken()
    broken.error = error
    backend._opened = (os.getpid(), Service(broken, store.url), whole[1])

    def mend() -> None:
        backend._opened = (os.getpid(), *whole)

    return mend


def _publish(store: Store, key: str) -> bool:
    with store.draft(key) as draft:
        (draft.folder / "weights.safetensors").write_bytes(key.encode() * 1000)
        return draft.publish({"title": "t"})


def _until_told(store: Store, key: str) -> bool:
    """Publish as often as it takes to be told how it went."""
    for _ in range(200):
        try:
            return _publish(store, key)
        except OSError:
            continue
    raise AssertionError("it never got through")


def _write(folder: Path) -> None:
    (folder / "state.json").write_text("{}")


def _await(condition: Callable[[], object]) -> None:
    end, pause = time.monotonic() + 120, threading.Event()
    while not condition():
        assert time.monotonic() < end, "it never came"
        pause.wait(0.05)
