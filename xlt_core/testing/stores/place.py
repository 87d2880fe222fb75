"""What the suites of stores stand on: an empty store, publishing in it, damaging what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlt_core.store import Store
from xlt_core.store.layout import MANIFEST, stage_path
from xlt_core.store.manifest import Manifest
from xlt_core.store.stored import StoredStage
from xlt_core.vocabulary.fingerprint import fingerprint

FILES = {"scores.json": b'{"primary": 50.0}', "weights.safetensors": b"\x00weights" * 100}
Change = Callable[[bytes], bytes | None]


class OnAPlace:
    """An empty store for each test, and the key of a stage."""

    @pytest.fixture
    def url(self) -> str:
        """The member: a place in which there is no store yet, another for each test."""
        raise NotImplementedError("give the place of a store: override this fixture")

    @pytest.fixture
    def store(self, url: str, tmp_path: Path) -> Store:
        """An empty store."""
        return Store(url, scratch=tmp_path / "scratch")

    @pytest.fixture
    def key(self) -> str:
        """A stage's key."""
        return fingerprint("a stage")


def again(store: Store) -> Store:
    """The same store as another process opens it."""
    return Store(store.url, scratch=store.scratch)


def read(store: Store, key: str) -> StoredStage:
    """A stage that is there."""
    found = store.read(key)
    assert found is not None
    return found


def publish(store: Store, key: str, files: dict[str, bytes], **about: object) -> bool:
    """Publish a stage with the files given by name and content."""
    with store.draft(key) as draft:
        for name, content in files.items():
            path = draft.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return draft.publish(about)


def damage(store: Store, key: str, name: str, change: Change) -> None:
    """Change the bytes of one file of a published stage behind the store's back, or remove it."""
    damage_in(store, stage_path(key), key, name, change)


def damage_in(store: Store, folder: str, of: str, name: str, change: Change) -> None:
    """The same to a file of any sealed folder of the store, whose manifest is `of` this name."""
    backend, place = store._backend, f"{folder}/{name}"
    if name != MANIFEST:
        manifest = Manifest.parse(backend.get(f"{folder}/{MANIFEST}") or b"", of)
        place = f"{folder}/{manifest.place(name)}"
    changed = change(backend.get(place) or b"")
    if changed is None:
        backend.remove(place)
    elif Path(store.url).is_dir():
        (Path(store.url) / place).write_bytes(changed)
    else:
        backend.put(place, changed)


def copy(store: Store, key: str, to: str) -> None:
    """Put the files of a published stage under another key, as by hand."""
    backend, folder = store._backend, stage_path(key)
    manifest = Manifest.parse(backend.get(f"{folder}/{MANIFEST}") or b"", key)
    for place in (MANIFEST, *map(manifest.place, manifest.files)):
        backend.put(f"{stage_path(to)}/{place}", backend.get(f"{folder}/{place}") or b"")
