"""A stage that was read from a store: its record, its JSON files, and paths to the rest.

Nothing is handed out whose bytes are not those that were published. Small JSON files are checked
when the stage is read; a large file is checked the first time a process asks for its path.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from xlt_core.store.about import About
from xlt_core.store.backend import Backend
from xlt_core.store.errors import DamagedStage
from xlt_core.store.layout import ABOUT, MANIFEST, stage_path
from xlt_core.store.manifest import FileSeal, Manifest, matches, measure

log = logging.getLogger("xlt.store")
SMALL_JSON = 1 << 20
SetAside = Callable[[str], object]


class Damage(Exception):
    """What is wrong with a sealed folder, in words. Stays within this package."""


class StoredStage:
    """A finished stage.

    Attributes:
        key: its key.
        about: `stage.json`, what was computed, by whom and how long it took.
        files: names of its files, sorted, `stage.json` among them.
        bytes: size of all files together.
        manifest: sizes and checksums of the files.
    """

    def __init__(
        self,
        key: str,
        manifest: Manifest,
        texts: dict[str, bytes],
        backend: Backend,
        set_aside: SetAside,
    ) -> None:
        self.key = key
        self.files = tuple(manifest.files)
        self.bytes = manifest.size
        self.about: About = json.loads(texts[ABOUT])
        self.manifest = manifest
        self._texts = texts
        self._backend = backend
        self._set_aside = set_aside

    def json(self, name: str) -> Any:
        """The content of a JSON file. Raises KeyError where the stage has no such file."""
        self._seal(name)
        text = self._texts.get(name)
        return json.loads(self.path(name).read_bytes() if text is None else text)

    def path(self, name: str) -> Path:
        """A local file with the published bytes; from a remote store it is downloaded once.

        Raises:
            KeyError: the stage has no such file.
            DamagedStage: its bytes are not those published. The stage has been set aside, so
                that it is computed again.
        """
        self._seal(name)
        try:
            return verified_path(self._backend, stage_path(self.key), self.manifest, name)
        except Damage as damage:
            self._set_aside(str(damage))
            raise DamagedStage(f"stage {self.key}: {damage}; it has been set aside") from None

    def checked(self) -> frozenset[str]:
        """Names of the files whose bytes were checked when the stage was read."""
        return frozenset(self._texts)

    def _seal(self, name: str) -> FileSeal:
        if name not in self.manifest.files:
            raise KeyError(f"stage {self.key[:12]} has no {name}, only {', '.join(self.files)}")
        return self.manifest.files[name]

    def __repr__(self) -> str:
        return f"StoredStage({self.key[:12]}, {self.about.get('title', '')!r})"


def load_manifest(backend: Backend, path: str, of: str) -> Manifest:
    """The manifest of the folder at `path`. Raises Damage where there is none that is good."""
    data = backend.get(f"{path}/{MANIFEST}")
    if data is None:
        raise Damage("it has no manifest")
    try:
        return Manifest.parse(data, of)
    except ValueError as error:
        raise Damage(str(error)) from None


def load_stage(backend: Backend, key: str, set_aside: SetAside) -> StoredStage:
    """Read a stage and check its sizes and small JSON files. Raises Damage."""
    path = stage_path(key)
    manifest = load_manifest(backend, path, key)
    if not backend.has(path, manifest.sizes()):
        raise Damage("a file is missing or has the wrong size")
    small = _small(manifest)
    found = backend.get_sealed({f"{path}/{manifest.place(n)}": seal for n, seal in small.items()})
    return _checked(key, manifest, small, found, backend, set_aside)


def load_stages(
    backend: Backend, keys: Iterable[str], set_aside: Callable[[str], SetAside]
) -> dict[str, StoredStage | None]:
    """Many stages at once; None for one that is there and damaged, nothing for one that is not."""
    paths = {key: stage_path(key) for key in keys}
    texts = backend.get_many(f"{path}/{MANIFEST}" for path in paths.values())
    found: dict[str, StoredStage | None] = {}
    manifests: dict[str, Manifest] = {}
    for key, path in paths.items():
        if (data := texts.get(f"{path}/{MANIFEST}")) is not None:
            found[key] = None
            with suppress(ValueError):
                manifests[key] = Manifest.parse(data, key)
    whole = backend.have({paths[key]: manifest.sizes() for key, manifest in manifests.items()})
    small = {key: _small(each) for key, each in manifests.items() if paths[key] in whole}
    texts = backend.get_sealed(
        {
            f"{paths[key]}/{manifests[key].place(name)}": seal
            for key, seals in small.items()
            for name, seal in seals.items()
        }
    )
    for key, names in small.items():
        with suppress(Damage):
            found[key] = _checked(key, manifests[key], names, texts, backend, set_aside(key))
    return found


def _small(manifest: Manifest) -> dict[str, FileSeal]:
    """The JSON files that are checked when a stage is read."""
    return {
        name: seal
        for name, seal in manifest.files.items()
        if name.endswith(".json") and (seal.bytes <= SMALL_JSON or name == ABOUT)
    }


def _checked(
    key: str,
    manifest: Manifest,
    small: Mapping[str, FileSeal],
    found: Mapping[str, bytes],
    backend: Backend,
    set_aside: SetAside,
) -> StoredStage:
    path = stage_path(key)
    texts = {name: found.get(f"{path}/{manifest.place(name)}", b"") for name in small}
    for name, seal in small.items():
        if not matches(texts[name], seal):
            raise Damage(f"{name} does not have the published bytes")
    if ABOUT not in texts:
        raise Damage(f"it has no {ABOUT}")
    return StoredStage(key, manifest, texts, backend, set_aside)


def verified_path(backend: Backend, path: str, manifest: Manifest, name: str) -> Path:
    """A local file with the sealed bytes. Raises Damage where there is none.

    A copy that was downloaded and does not match is downloaded once more before that is said.
    """
    place, seal = f"{path}/{manifest.place(name)}", manifest.files[name]
    for again in (False, True):
        try:
            file = backend.fetch(place, again=again)
            if _verified.check(file, seal):
                return file
        except FileNotFoundError:
            raise Damage(f"{name} is missing") from None
    raise Damage(f"{name} does not have the published bytes")


class _Verified:
    """Files whose checksum this process has seen to be right, until they are touched."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, int, int]] = {}
        self._lock = threading.Lock()

    def check(self, file: Path, seal: FileSeal) -> bool:
        status = file.stat()
        if status.st_size != seal.bytes:
            return False
        name, state = (str(file), seal.sha256), (status.st_ino, status.st_size, status.st_mtime_ns)
        if self._known.get(name) == state:
            return True
        if measure(file) != seal:
            return False
        with self._lock:
            self._known[name] = state
        return True


_verified = _Verified()
