"""A folder on SMB, exFAT or FUSE: no hard links, no file locks, no flushed folders, one case.

Everything a store does works there; a file system that cannot even rename says so in preflight.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xlt_core.store import Store
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint

pytestmark = pytest.mark.fault

# A process's file system calls, as such a folder answers them.
PLAIN = """
import errno, fcntl, os, stat
def refuse(*_, **__):
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))
def no_locks(*_, **__):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
def fsync(file, real=os.fsync):
    if stat.S_ISDIR(os.fstat(file).st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    real(file)
os.link = os.symlink = os.mkfifo = refuse
fcntl.flock = fcntl.lockf = no_locks
os.fsync = fsync
"""
WORK = """
import signal, sys
from xlt_core.store import Store
from xlt_core.store.lease import LeaseRecord
from xlt_core.store.owner import Owner
store, key = Store(sys.argv[1]), sys.argv[2]
store.check()
def write(folder):
    (folder / "state.json").write_text("1")
store.checkpoints(key).save(1, write)
store.checkpoints(key).save(1, write)
with store.lease(key, "me") as lease:
    assert store.lease(key, "other") is None
    assert lease.beat()
    with store.draft(key) as draft:
        (draft.folder / "weights.safetensors").write_bytes(b"w" * 1000)
        assert draft.publish({"title": "t"})
    with store.draft(key) as draft:
        (draft.folder / "weights.safetensors").write_bytes(b"w" * 1000)
        assert not draft.publish({"title": "t"})
dead = LeaseRecord("dead", Owner(Owner.current().host, Owner.current().boot, 2**30, 1), 9.0, "n")
assert store._leases().take(key, dead, None)
with store.lease(key, "heir") as lease:
    assert lease.beat()
assert store._leases().see(key) is None
store._backend.put(f"leases/{key}.json", b"")
assert store.lease(key, "me") is None
store.pin("sweep", [key])
store.record_execution({"key": key})
assert store.contains(key) and store.read(key).path("weights.safetensors").stat().st_size == 1000
assert store.verify().damaged == []
assert store.prune(0, include_pinned=True, dry_run=False).stages == []
store._backend.remove(f"leases/{key}.json")
assert len(store.prune(0, include_pinned=True, dry_run=False).stages) == 1
assert list((store._backend.drafts).iterdir()) == []
print("done")
"""


def test_everything_works_without_links_and_locks(tmp_path: Path) -> None:
    """With a process whose file system refuses them."""
    assert _run(PLAIN + WORK, tmp_path / "stages") == "done\n"


def test_everything_works_on_exfat(exfat: Path) -> None:
    """A real one."""
    with pytest.raises(OSError):
        (exfat / "a").touch()
        os.link(exfat / "a", exfat / "b")
    assert _run(WORK, exfat / "stages") == "done\n"


def test_of_many_processes_one_takes_over_on_exfat(exfat: Path, key: str, start) -> None:
    """The holder is dead, and eight want its place."""
    hold = "store.lease(key, 'dead', ttl=3600)\nsay('held')\nwait_forever()\n"
    holder = start(hold, str(exfat / "stages"), key)
    assert holder.said() == "held"
    take = "say('ready')\nwait()\nsay(store.lease(key, 'me') is not None)\nwait_forever()\n"
    takers = [start(take, str(exfat / "stages"), key) for _ in range(8)]
    assert [taker.said() for taker in takers] == ["ready"] * 8
    holder.kill()
    for taker in takers:
        taker.go()
    assert sorted(taker.said() for taker in takers) == ["False"] * 7 + ["True"]
    for taker in takers:
        taker.kill()


@pytest.mark.parametrize("call", ["replace", "rename"])
@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.ENOTSUP])
def test_a_file_system_that_cannot_rename_is_said_in_preflight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """With what it cannot do; nothing is left there."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, call, refuse)
    with pytest.raises(UserMistake, match=r"written to: (giving|renaming)") as caught:
        Store(tmp_path / "stages").check()
    assert os.strerror(number) in str(caught.value)
    assert list((tmp_path / "stages" / "drafts").iterdir()) == []


def test_a_file_system_that_overwrites_in_silence_is_said_too(tmp_path, monkeypatch) -> None:
    """Two would publish the same stage, or hold the same lease."""
    opened = os.open
    monkeypatch.setattr(
        os, "open", lambda path, flags, *rest: opened(path, flags & ~os.O_EXCL, *rest)
    )
    with pytest.raises(UserMistake, match="making a name only once"):
        Store(tmp_path / "stages").check()
    monkeypatch.undo()

    def rename(self: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        os.rename(self, target)  # noqa: PTH104

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(UserMistake, match="keeping a folder"):
        Store(tmp_path / "stages").check()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EBUSY, errno.EIO])
def test_a_taken_place_is_known_by_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, publish, number: int
) -> None:
    """File systems have their own errors for renaming onto a folder."""
    store = Store(tmp_path / "stages")
    publish(store, key, {"scores.json": b"1"})
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if target.exists() or target.name == fingerprint("another"):
            raise OSError(number, os.strerror(number))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    assert not publish(store, key, {"scores.json": b"1"})
    with pytest.raises(OSError, match=os.strerror(number)):
        publish(store, fingerprint("another"), {"scores.json": b"1"})
    assert list((tmp_path / "stages" / "drafts").iterdir()) == []


@pytest.fixture
def exfat(tmp_path: Path) -> Iterator[Path]:
    """A small exFAT file system, where this machine can mount one."""
    image, folder = tmp_path / "image", tmp_path / "exfat"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    needed = ("mkfs.exfat", "losetup", "mount")
    if os.geteuid() != 0 or not all(map(shutil.which, needed)):
        pytest.skip("needs exfatprogs and the right to mount")
    subprocess.run(["mkfs.exfat", image], check=True, capture_output=True)
    asked = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True)
    device = asked.stdout.strip()
    if not device:
        pytest.skip("needs a loop device")
    try:
        mounts = (["mount", "-t", "exfat"], ["mount.exfat-fuse"])
        if not any(_succeeds([*mount, device, str(folder)]) for mount in mounts):
            pytest.skip("needs exFAT, in the kernel or as FUSE")
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], capture_output=True)


def _succeeds(command: list[str]) -> bool:
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True).returncode
    )


def _run(code: str, store: Path) -> str:
    command = [sys.executable, "-c", code, str(store), "0" * 64]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout or done.stderr
