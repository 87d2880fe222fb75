"""A store at any fsspec URL: files first, the manifest last, each attempt in a folder of its own.

    <key[:2]>/<key>/<attempt>/weights.safetensors
    <key[:2]>/<key>/manifest.json                   names the attempt

Racing writers therefore never touch each other's files, and a reader, who starts at the manifest,
sees one writer's set. Exactly one wins where the service writes conditionally (S3 and GCS do);
elsewhere the last of two simultaneous manifests stands, and either set is whole.
Credentials and endpoints come from the environment, as the service's own tools read them.
"""
# ruff: noqa: D102 (what each method promises is said once, in `backend.Backend`)

from __future__ import annotations

import io
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from xlt_core.store.errors import ACCESS_REMEDY, naming_full_disks
from xlt_core.store.layout import DRAFTS, MANIFEST
from xlt_core.store.manifest import FileSeal, Manifest, matches, measure_stream
from xlt_core.store.names import is_attempt
from xlt_core.store.owner import owned_name
from xlt_core.store.service import FOLDERLESS, Service, modified, naming_the_service, open_service
from xlt_core.vocabulary.address import bare, starred
from xlt_core.vocabulary.errors import Mistake, UserMistake

log = logging.getLogger("xlt.store")
_AT_ONCE = 16
_ONE_GO = 16 << 20
# s3fs asks for an object's size before each read, so as to read large ones in parts; what is read
# whole into memory here is small.
_IN_ONE_REQUEST = {protocol: {"max_concurrency": 1} for protocol in ("s3", "s3a")}
_creating = threading.Lock()

Item = TypeVar("Item")
Result = TypeVar("Result")


class RemoteBackend:
    """An fsspec URL. See `backend.Backend` for what each method promises."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.url = url
        self.protocol = url.partition("://")[0]
        self.scratch = scratch
        self.drafts = scratch / DRAFTS
        self._opened: tuple[int, Service, str] | None = None

    def check(self) -> None:
        probe = f"{DRAFTS}/{owned_name('probe')}"
        try:
            self.put(probe, b"probe")
            if self.get(probe) != b"probe":
                raise OSError("what was written could not be read back")
            self.remove(probe)
        except UserMistake:
            raise
        except Exception as error:  # each service has its own errors for a wrong name or right
            reason = getattr(error, "reason", f"{type(error).__name__}: {error}")
            what = f"cannot be written to: {reason}"
            raise UserMistake(Mistake(bare(self.url), starred(what), ACCESS_REMEDY)) from error

    def get(self, path: str) -> bytes | None:
        system, root = self._system()
        try:
            options = _IN_ONE_REQUEST.get(self.protocol, {})
            data: bytes = system.cat_file(f"{root}/{path}", **options)
        except (FileNotFoundError, IsADirectoryError):
            return None
        return data

    def get_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        wanted = list(paths)
        found = self._each(self.get, wanted)
        return {path: data for path, data in zip(wanted, found, strict=True) if data is not None}

    def get_sealed(self, seals: Mapping[str, FileSeal]) -> dict[str, bytes]:
        copies = {path: self._copy(path, seal) for path, seal in seals.items()}
        found = {path: data for path, data in copies.items() if data is not None}
        fetched = self.get_many(path for path in seals if path not in found)
        for path, data in fetched.items():
            if matches(data, seals[path]):
                self._keep(path, data)
        return found | fetched

    def _copy(self, path: str, seal: FileSeal) -> bytes | None:
        """What was read before, where it lies here and is whole."""
        with suppress(OSError):
            data = (self.scratch / path).read_bytes()
            return data if matches(data, seal) else None
        return None

    def _keep(self, path: str, data: bytes) -> None:
        """For the next time; where there is no room it is read from the service again."""
        target = self.scratch / path
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            self.drafts.mkdir(parents=True, exist_ok=True)
            draft = self.drafts / owned_name("kept")
            try:
                draft.write_bytes(data)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)

    def put(self, path: str, data: bytes) -> None:
        system, place = self._place(path)
        system.pipe_file(place, data)

    def create(self, path: str, data: bytes) -> bool:
        system, place = self._place(path)
        with _creating:  # memory:// has no conditional write; its writers share this process
            try:
                system.pipe_file(place, data, mode="create")
                return True
            except FileExistsError:
                pass
            except (NotImplementedError, TypeError, ValueError):
                if not system.exists(place):
                    system.pipe_file(place, data)
            except OSError:
                if self.get(path) is None:
                    raise
        # A retried request may have met its own first attempt: what stands there decides.
        return self.get(path) == data

    def append(self, path: str, line: str) -> None:
        """Object stores cannot append."""

    def remove(self, path: str) -> None:
        system, root = self._system()
        with suppress(FileNotFoundError, KeyError):  # fsspec's memory:// says KeyError
            system.rm_file(f"{root}/{path}")

    def remove_folder(self, path: str) -> None:
        """The manifest first, so that nobody takes the rest for a stage."""
        system, root = self._system()
        found = self._sizes(path)
        for name in found:
            if PurePosixPath(name).name == MANIFEST:
                self.remove(f"{path}/{name}")
        if found or self.protocol not in FOLDERLESS:
            system.invalidate_cache()
            with suppress(FileNotFoundError):
                system.rm(f"{root}/{path}", recursive=True)
        shutil.rmtree(self.scratch / path, ignore_errors=True)

    def names(self, path: str) -> list[str]:
        system, root = self._system()
        system.invalidate_cache()
        place = f"{root}/{path}".rstrip("/")
        try:
            found = system.ls(place, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = {str(entry).rstrip("/").rpartition("/")[2] for entry in found if entry != place}
        return sorted(names - {""})

    def has(self, path: str, sizes: Mapping[str, int]) -> bool:
        found = self._sizes(path)
        return all(found.get(name) == size for name, size in sizes.items())

    def have(self, wanted: Mapping[str, Mapping[str, int]]) -> set[str]:
        """One listing for each folder that holds some of them."""
        parents = sorted({path.rpartition("/")[0] for path in wanted})
        found: dict[str, int] = {}
        for parent, below in zip(parents, self._each(self._sizes, parents), strict=True):
            found |= {f"{parent}/{name}": size for name, size in below.items()}
        return {
            path
            for path, sizes in wanted.items()
            if all(found.get(f"{path}/{name}") == size for name, size in sizes.items())
        }

    def fetch(self, path: str, *, again: bool = False) -> Path:
        target = self.scratch / path
        if target.is_file() and not again:
            return target
        system, root = self._system()
        with naming_full_disks(self.scratch):
            target.parent.mkdir(parents=True, exist_ok=True)
            self.drafts.mkdir(parents=True, exist_ok=True)
            draft = self.drafts / owned_name("fetched")
            try:
                system.get_file(f"{root}/{path}", str(draft))
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
        return target

    def publish(self, folder: Path, path: str, manifest: Manifest, *, durable: bool) -> bool:
        system, _ = self._system()
        attempt = owned_name("attempt")
        sealed = Manifest(manifest.of, manifest.files, attempt)
        try:
            places = [self._place(f"{path}/{place}")[1] for place in sealed.sizes()]
            system.put([str(folder / name) for name in sealed.files], places)
        except BaseException:
            self._clear(f"{path}/{attempt}")
            raise
        # Where this fails nobody can say whether the manifest was written: its files stay. Without
        # a manifest that names them they are an orphan that `verify` sweeps.
        won = self.create(f"{path}/{MANIFEST}", sealed.to_bytes())
        if not won:
            self._clear(f"{path}/{attempt}")
        return won

    def mark(self, path: str) -> str | None:
        data = self.get(f"{path}/{MANIFEST}")
        return None if data is None else data.decode(errors="replace")

    def set_aside(self, path: str, to: str, mark: str) -> bool:
        """Only the manifest moves; without it the files are an orphan that `verify` sweeps."""
        if self.mark(path) != mark:
            return False
        system, place = self._place(f"{to}/{MANIFEST}")
        system.pipe_file(place, mark.encode())
        self.remove(f"{path}/{MANIFEST}")
        return True

    def age(self, path: str) -> float | None:
        times = [modified(entry) for entry in self._find(path).values()]
        return time.time() - max(times) if times else None

    def measure(self, path: str, size: int) -> FileSeal | None:
        if size <= _ONE_GO:
            data = self.get(path)
            return None if data is None else measure_stream(io.BytesIO(data))
        system, root = self._system()
        try:
            with naming_the_service(self.url), system.open(f"{root}/{path}", "rb") as file:
                return measure_stream(file)
        except FileNotFoundError:
            return None

    def orphans(self, path: str) -> list[str]:
        names = {PurePosixPath(name).parts[0] for name in self._sizes(path)}
        attempts = sorted(name for name in names - {MANIFEST} if is_attempt(name))
        if len(attempts) <= 1 and MANIFEST in names:
            return []
        data, named = self.get(f"{path}/{MANIFEST}"), ""
        if data is not None:
            with suppress(ValueError):
                named = Manifest.parse(data, path.rpartition("/")[2]).attempt
        return [f"{path}/{attempt}" for attempt in attempts if attempt != named]

    def _clear(self, path: str) -> None:
        """Remove what nobody will read; what cannot be removed now, `verify` sweeps."""
        try:
            self.remove_folder(path)
        except Exception as error:
            log.warning("%s/%s is left behind: %s", bare(self.url), path, error)

    def _sizes(self, path: str) -> dict[str, int]:
        return {name: int(entry["size"]) for name, entry in self._find(path).items()}

    def _find(self, path: str) -> dict[str, Mapping[str, Any]]:
        """Every blob below `path` by its name relative to it."""
        system, root = self._system()
        system.invalidate_cache()
        place = f"{root}/{path}"
        try:
            found = system.find(place, detail=True)
        except FileNotFoundError:
            return {}
        return {
            str(name)[len(place) + 1 :]: entry
            for name, entry in found.items()
            if str(name).startswith(f"{place}/") and entry.get("type") != "directory"
        }

    def _each(self, do: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        system, _ = self._system()
        if len(items) < 2 or not system.async_impl:
            return [do(item) for item in items]
        with ThreadPoolExecutor(min(_AT_ONCE, len(items))) as pool:
            return list(pool.map(do, items))

    def _place(self, path: str) -> tuple[Service, str]:
        """The file system and the full path, with a folder to write it in."""
        system, root = self._system()
        place = f"{root}/{path}"
        if self.protocol not in FOLDERLESS:
            system.makedirs(place.rpartition("/")[0], exist_ok=True)
        return system, place

    def _system(self) -> tuple[Service, str]:
        """The file system and the root within it; opened anew in a forked process."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), *open_service(self.url, self.protocol))
        return self._opened[1], self._opened[2]
