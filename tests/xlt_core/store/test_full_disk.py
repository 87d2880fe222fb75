"""A really full disk: nothing is half-published, and the error says where and how full."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xlt_core.store import Store, StoreFull

pytestmark = pytest.mark.fault
SIZE = 512 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_while_writing_a_draft(small_disk: Path, key: str) -> None:
    """The writer's own error becomes the store's; the room is given back."""
    store = Store(small_disk)
    with pytest.raises(StoreFull, match="bytes free") as caught, store.draft(key) as draft:
        (draft.folder / "weights.safetensors").write_bytes(b"x" * 2 * SIZE)
    assert str(small_disk) in str(caught.value)
    _assert_nothing_left(store, key)


def test_while_saving_with_safetensors(small_disk: Path, key: str) -> None:
    """Its error has no error number, only words."""
    import numpy as np
    from safetensors.numpy import save_file

    store = Store(small_disk)
    with pytest.raises(StoreFull), store.draft(key) as draft:
        save_file({"w": np.zeros(SIZE, dtype=np.float32)}, draft.folder / "weights.safetensors")
    _assert_nothing_left(store, key)


def test_while_publishing(small_disk: Path, key: str) -> None:
    """The last bytes go to the weights, none are left for the record or the manifest."""
    store = Store(small_disk)
    for spare in (0, 1):
        with pytest.raises(StoreFull), store.draft(key) as draft:
            _fill(draft.folder / "weights.safetensors", spare_pages=spare)
            draft.publish({"title": "t"})
        _assert_nothing_left(store, key)


def test_while_saving_a_checkpoint(small_disk: Path, key: str) -> None:
    """The checkpoint before stays."""
    checkpoints = Store(small_disk).checkpoints(key)
    checkpoints.save(1, lambda folder: (folder / "state.json").write_text("1") and None)
    with pytest.raises(StoreFull):
        checkpoints.save(2, lambda folder: _fill(folder / "weights.safetensors"))
    latest = checkpoints.latest()
    assert latest is not None
    assert (latest / "state.json").read_text() == "1"
    assert Store(small_disk).verify().leftovers == []


def test_while_writing_small_things(small_disk: Path, key: str) -> None:
    """Pins, executions and leases."""
    store = Store(small_disk)
    store.pin("first", [key])
    _fill(small_disk / "ballast")
    with pytest.raises(StoreFull):
        store.pin("second", [key])
    with pytest.raises(StoreFull):
        store.lease(key, "me")
    with pytest.raises(StoreFull):
        store.record_execution({"stage": key})
    assert store.pins() == {"first": {key}}
    assert list((small_disk / "leases").iterdir()) == []
    (small_disk / "ballast").unlink()
    assert list((small_disk / "drafts").iterdir()) == []
    with store.lease(key, "me") as lease:
        assert lease is not None


def test_a_lease_lives_through_it(small_disk: Path, key: str) -> None:
    """It cannot be renewed, is nobody else's, and beats again when there is room."""
    store = Store(small_disk)
    lease = store.lease(key, "me", ttl=60)
    assert lease is not None
    _fill(small_disk / "ballast")
    assert lease.beat()
    assert not lease.taken
    assert store.lease_holder(key) is not None
    seen = store._leases().see(key)
    (small_disk / "ballast").unlink()
    assert lease.beat()
    assert store._leases().see(key).beat != seen.beat
    lease.release()
    assert list((small_disk / "leases").iterdir()) == []


def test_while_downloading(small_disk: Path, key: str, publish) -> None:
    """The disk of the scratch folder: nothing half-downloaded is left or ever served."""
    store = Store("memory://large/stages", scratch=small_disk.parent / "scratch")
    publish(store, key, {"weights.safetensors": b"x" * 2 * SIZE})
    reader = Store("memory://large/stages", scratch=small_disk)
    stage = reader.read(key)
    with pytest.raises(StoreFull, match="bytes free"):
        stage.path("weights.safetensors")
    assert {path.name for path in small_disk.rglob("*") if path.is_file()} == {"stage.json"}
    assert reader.contains(key)


@pytest.mark.parametrize("what", ["stage", "checkpoint", "check"])
def test_room_that_dead_processes_hold_is_taken_back(small_disk: Path, key, start, what) -> None:
    """The next try finds it: a worker killed while it wrote fills no disk for good."""
    code = """
with store.draft(key) as draft:
    (draft.folder / "weights.safetensors").write_bytes(b"x" * int(sys.argv[3]))
    wait_forever()
"""
    other = start(code, str(small_disk), key, str(SIZE * 3 // 4))
    assert other.said() == "here"
    other.kill()
    store = Store(small_disk)

    def write(folder: Path) -> None:
        (folder / "weights.safetensors").write_bytes(b"x" * (SIZE // 2))

    def publish() -> None:
        with store.draft(key) as draft:
            write(draft.folder)
            draft.publish({})

    if what == "check":
        store.check()
    else:
        with pytest.raises(StoreFull):
            publish() if what == "stage" else store.checkpoints(key).save(1, write)
    publish()
    assert store.contains(key)


def test_a_file_larger_than_allowed(tmp_path: Path, key: str) -> None:
    """A quota by the system's own limit, which needs no right to mount."""
    code = """
import resource, signal, sys
from xlt_core.store import Store, StoreFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = Store(sys.argv[1])
try:
    with store.draft(sys.argv[2]) as draft:
        (draft.folder / "weights.safetensors").write_bytes(b"x" * 200_000)
except StoreFull as error:
    print("full", store.contains(sys.argv[2]), store.verify().leftovers)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "stages"), key]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "full False []\n"


def _fill(path: Path, spare_pages: int = 0) -> None:
    """Write until the disk is full but for a few pages."""
    room = os.statvfs(path.parent)
    with path.open("wb", buffering=0) as file:
        file.write(b"x" * (room.f_bavail - spare_pages) * room.f_bsize)


def _assert_nothing_left(store: Store, key: str) -> None:
    assert not store.contains(key)
    assert store.read(key) is None
    report = store.verify()
    assert report.damaged == []
    assert report.leftovers == []
    assert list((Path(store.url) / "drafts").iterdir()) == []
