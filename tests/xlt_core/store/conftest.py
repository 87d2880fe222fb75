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
from xlt_core.testing.stores import place
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


@pytest.fixture
def publish() -> Callable[..., bool]:
    """Publish a stage with the files given by name and content."""
    return place.publish


@pytest.fixture
def damage() -> Callable[..., None]:
    """Change the bytes of one file of a published stage behind the store's back, or remove it."""
    return place.damage


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
