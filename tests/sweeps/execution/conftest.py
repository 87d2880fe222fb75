"""A service and a store of its own for each test, on the module's cluster (`local_ray`)."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import pytest
import ray

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import SweepJob
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.sweep import Sweep
from xlt_core.plugins import VARIABLE
from xlt_core.stage import Settings
from xlt_core.vocabulary.events import Event
from xlt_core.work import EXECUTORS

Told = TypeVar("Told", bound=Event)
Clients = Callable[..., ServiceClient]

BEFALLING, AILING = (f"tests.sweeps.execution.{name}" for name in ("befalling", "ailing"))


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A function that names a plug-in for the test; what it replaces in this process comes back."""

    def plug(name: str) -> None:
        monkeypatch.setenv(VARIABLE, name)
        monkeypatch.delitem(sys.modules, name, raising=False)

    with patch.dict(EXECUTORS):
        yield plug


@pytest.fixture(scope="module")
def one_service(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sweep], Sweep]:
    """A function that gives sweeps one store and one MLflow database, and each seeds of its own.

    So nothing is shared but a service with its workers, which take longer to start than a sweep.
    """
    root, numbers = tmp_path_factory.mktemp("one"), itertools.count()

    def share(sweep: Sweep) -> Sweep:
        first = 10 * next(numbers)
        return replace(
            sweep,
            store=str(root / "stages"),
            tracking=f"sqlite:///{root / 'mlflow.db'}",
            seeds=tuple(first + seed for seed in sweep.seeds),
        )

    return share


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., SweepJob]:
    """Jobs on this test's own store, whose stages fare as their tasks are called."""

    def make(sweep: str = "one", **fields: object) -> SweepJob:
        settings = Settings(cache=tmp_path / "cache", executor={"sweep": sweep})
        usual = {"workers": 2, "plugins": (BEFALLING,)}
        known = {**usual, "settings": settings, **fields}
        return SweepJob(sweep, str(tmp_path / "stages"), **known)  # type: ignore[arg-type]

    return make


@contextmanager
def attended(make_job: Callable[..., SweepJob], **usual: object) -> Iterator[Clients]:
    """A function that makes clients, attended, whose services end with the test.

    Args:
        usual: fields of their jobs, where none of that name is given.
    """
    made = []

    def make(**fields: object) -> ServiceClient:
        client = ServiceClient(make_job(**{**usual, **fields}))
        client.heartbeat(DesiredState.RUN, 0, 0.01)
        made.append(client)
        return client

    yield make
    for client in made:
        ray.kill(client.service)


def told(client: ServiceClient, kind: type[Told]) -> list[Told]:
    """Events of a kind that the sweep has been told so far."""
    heard = client.heartbeat(DesiredState.RUN, 0, 0.01)
    return [event for _, event in heard if isinstance(event, kind)]


@pytest.fixture
def client(local_ray: None, make_job: Callable[..., SweepJob]) -> Iterator[ServiceClient]:
    """A client whose service ends with the test."""
    made = ServiceClient(make_job())
    made.heartbeat(DesiredState.RUN, 0, 0.01)
    yield made
    ray.kill(made.service)


def await_that(condition: Callable[[], object]) -> None:
    """Wait for something another process does; a minute means it never will."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "this never came about"
        pause.wait(0.02)
