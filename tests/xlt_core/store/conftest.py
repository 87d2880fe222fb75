"""Stores of every kind, each test's own: a folder, memory:// and S3 (a local server)."""

from __future__ import annotations

import importlib.util
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.s3_server import serving
from xlt_core.store import Store
from xlt_core.store.manifest import Manifest
from xlt_core.vocabulary.fingerprint import fingerprint


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a bucket on a local S3 server; the environment points to it."""
    with serving() as url:
        yield url


@pytest.fixture(params=["local", "memory", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store a test runs on: every kind, unless it says otherwise."""
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that does not exist yet."""
    if kind == "local":
        return str(tmp_path / "stages")
    if kind == "memory":
        return f"memory://{uuid.uuid4().hex}/stages"
    return f"{request.getfixturevalue('s3')}/{uuid.uuid4().hex}"


@pytest.fixture
def store(url: str, tmp_path: Path) -> Store:
    """An empty store."""
    return Store(url, scratch=tmp_path / "scratch")


@pytest.fixture
def key() -> str:
    """A stage's key."""
    return fingerprint("a stage")


Publish = Callable[..., bool]


@pytest.fixture
def publish() -> Publish:
    """Publish a stage with the files given by name and content."""

    def publish(store: Store, key: str, files: dict[str, bytes], **about: object) -> bool:
        with store.draft(key) as draft:
            for name, content in files.items():
                path = draft.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            return draft.publish(about)

    return publish


Damage = Callable[[Store, str, str, Callable[[bytes], bytes | None]], None]


@pytest.fixture
def damage() -> Damage:
    """Change the bytes of one file of a published stage behind the store's back, or remove it."""

    def damage(store: Store, key: str, name: str, change: Callable[[bytes], bytes | None]) -> None:
        backend, folder = store._backend, f"{key[:2]}/{key}"
        place = f"{folder}/{name}"
        if name != "manifest.json":
            manifest = Manifest.parse(backend.get(f"{folder}/manifest.json") or b"", key)
            place = f"{folder}/{manifest.place(name)}"
        changed = change(backend.get(place) or b"")
        if changed is None:
            backend.remove(place)
        elif Path(store.url).is_dir():
            (Path(store.url) / place).write_bytes(changed)
        else:
            backend.put(place, changed)

    return damage


@pytest.fixture
def start() -> Iterator[Callable[..., Any]]:
    """Start other processes (see `processes.Other`); they are ended with the test."""
    with ExitStack() as stack:

        def start(code: str, *arguments: str) -> Any:
            return stack.enter_context(_processes().Other.start(code, *arguments))

        yield start


def _processes() -> ModuleType:
    """The module beside this one; tests are no packages, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(
        "store_test_processes", Path(__file__).with_name("processes.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
