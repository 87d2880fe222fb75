"""A store in a folder: a stage is written beside the others and renamed, one rename of the whole.

Works on any file system that renames at once and makes a name only once: links, file locks and
flushed folders, which SMB, exFAT and many FUSE file systems have not, are not asked for; `trial`
finds out. What is published is written under `drafts/` first, which lies in the store so that a
rename never crosses file systems. Links within a store are never followed. Neighbour: `remote`.
"""
# ruff: noqa: D102 (what each method promises is said once, in `backend.Backend`)

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from xlt_core.store.errors import naming_full_disks, store_full
from xlt_core.store.files import file_size, local_age, open_no_link, write_all
from xlt_core.store.layout import DRAFTS, MANIFEST
from xlt_core.store.manifest import FileSeal, Manifest, measure
from xlt_core.store.owner import owned_name
from xlt_core.store.trial import try_out
from xlt_core.vocabulary.errors import Mistake, UserMistake

_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})
_IS_LINK = frozenset({errno.ELOOP, errno.EMLINK})
# What file systems say that cannot flush a folder (SMB, FUSE, FAT on some systems).
_NO_FLUSH = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EISDIR,
     errno.EACCES, errno.EPERM}
)  # fmt: skip
_FLUSHES = 8


class LocalBackend:
    """A folder. See `backend.Backend` for what each method promises."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.drafts = root / DRAFTS
        self._at = f"{root}{os.sep}"  # joined by hand: `contains` is asked thousands of times

    def check(self) -> None:
        probe = self.drafts / owned_name("probe")
        try:
            _make_folder(probe)
            try_out(probe)
        except OSError as error:
            raise _unwritable(self.root, error) from error
        finally:
            shutil.rmtree(probe, ignore_errors=True)
        if closed := _closed_folders(self.root):
            raise _anothers(self.root, closed)

    def get(self, path: str) -> bytes | None:
        try:
            with open(self._at + path, "rb", buffering=0, opener=open_no_link) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            if error.errno in _IS_LINK:
                return None
            raise

    def get_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: data for path in paths if (data := self.get(path)) is not None}

    def get_sealed(self, seals: Mapping[str, FileSeal]) -> dict[str, bytes]:
        return self.get_many(seals)

    def put(self, path: str, data: bytes) -> None:
        with naming_full_disks(self.root):
            draft, target = self._written(data), self.root / path
            try:
                _make_folder(target.parent)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)

    def create(self, path: str, data: bytes) -> bool:
        target = self.root / path
        with naming_full_disks(self.root):
            _make_folder(target.parent)
            try:
                file = target.open("xb", buffering=0)
            except FileExistsError:
                return False
            try:
                with file:
                    write_all(file, data)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
        return True

    def append(self, path: str, line: str) -> None:
        target = self.root / path
        with naming_full_disks(self.root):
            _make_folder(target.parent)
            file = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                text = ("\n" * torn + line + "\n").encode()
                if os.write(file, text) < len(text):
                    raise store_full(target)
            finally:
                os.close(file)

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError, NotADirectoryError):
            (self.root / path).unlink()

    def remove_folder(self, path: str) -> None:
        """Renamed out of sight first, so that nobody ever sees half of it."""
        grave = self.drafts / owned_name("removed")
        if self.mark(path) is None:
            return
        _make_folder(self.drafts)
        with suppress(FileNotFoundError):
            (self.root / path).rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def names(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(self._at + path))  # noqa: PTH208
        except (FileNotFoundError, NotADirectoryError):
            return []

    def has(self, path: str, sizes: Mapping[str, int]) -> bool:
        folder = f"{self._at}{path}{os.sep}"
        try:
            return all(file_size(folder, name) == size for name, size in sizes.items())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def have(self, wanted: Mapping[str, Mapping[str, int]]) -> set[str]:
        return {path for path, sizes in wanted.items() if self.has(path, sizes)}

    def fetch(self, path: str, *, again: bool = False) -> Path:
        return self.root / path

    def publish(self, folder: Path, path: str, manifest: Manifest, *, durable: bool) -> bool:
        target = self.root / path
        (folder / MANIFEST).write_bytes(manifest.to_bytes())
        if durable:
            _flush_tree(folder)
        _make_folder(target.parent)
        try:
            folder.rename(target)
        except OSError as error:
            # File systems have their own errors for a place that is taken: what stands there tells.
            if error.errno not in _OCCUPIED and self.mark(path) is None:
                raise
            return False
        if durable:
            _flush(target.parent)
        return True

    def mark(self, path: str) -> str | None:
        try:
            return str(os.stat(self._at + path).st_ino)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return None

    def set_aside(self, path: str, to: str, mark: str) -> bool:
        if self.mark(path) != mark:
            return False
        target = self.root / to
        _make_folder(target.parent)
        try:
            (self.root / path).rename(target)
        except FileNotFoundError:
            return False
        return True

    def age(self, path: str) -> float | None:
        return local_age(self.root / path)

    def measure(self, path: str, size: int) -> FileSeal | None:
        try:
            return measure(self.root / path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def orphans(self, path: str) -> list[str]:
        return []

    def _written(self, data: bytes) -> Path:
        _make_folder(self.drafts)
        draft = self.drafts / owned_name("blob")
        try:
            draft.write_bytes(data)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return draft


def local_draft(drafts: Path, name: str) -> Path:
    """A new folder to write in. Raises UserMistake where the place does not allow it."""
    folder = drafts / owned_name(name)
    with naming_full_disks(drafts):
        try:
            _make_folder(drafts)
            folder.mkdir()
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
                raise
            raise _unwritable(drafts, error) from error
    return folder


def _unwritable(folder: Path, error: OSError) -> UserMistake:
    reason = error.strerror or str(error)
    remedy = "give another folder or URL as the store, or the right to write to this one"
    return UserMistake(Mistake(str(folder), f"cannot be written to: {reason}", remedy))


def _closed_folders(root: Path) -> list[str]:
    """Names of its folders that we may not write to, as another user has made them."""
    effective = os.access in os.supports_effective_ids
    with os.scandir(root) as entries:
        return sorted(
            each.name
            for each in entries
            if each.is_dir()
            and not os.access(each.path, os.W_OK | os.X_OK, effective_ids=effective)
        )


def _anothers(root: Path, closed: list[str]) -> UserMistake:
    what = f"cannot be written to: {len(closed)} of its folders are another's ({closed[0]}, …)"
    remedy = "users who share a store have one group, and the store's folders are the group's: "
    return UserMistake(
        Mistake(str(root), what, f"{remedy}chgrp -R GROUP, chmod -R g+rwXs, and umask 002 for all")
    )


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _flush_tree(folder: Path) -> None:
    """Bring a folder and all below it to the disk.

    All at once: the file system then commits them together, several times faster than in turn.
    """
    paths = [folder, *folder.rglob("*")]
    with ThreadPoolExecutor(min(_FLUSHES, len(paths))) as pool:
        for _ in pool.map(_flush, paths):
            pass


def _flush(path: Path) -> None:
    """Bring a file to the disk, or a folder where the file system can do that."""
    try:
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno not in _NO_FLUSH or not path.is_dir():
            raise
