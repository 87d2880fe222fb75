"""A service and a store of its own for each test, on the module's cluster (`local_ray`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import SweepJob
from sweeps.spec.desired_state import DesiredState
from xlt_core.stage import Settings


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., SweepJob]:
    """Jobs on this test's own store, with the test runner."""

    def make(sweep: str = "one", **fields: object) -> SweepJob:
        settings = Settings(cache=tmp_path / "cache", executor={"sweep": sweep})
        usual = {"workers": 2, "runner": "tests.sweeps.execution.runners:run"}
        known = {**usual, "settings": settings, **fields}
        return SweepJob(sweep, str(tmp_path / "stages"), **known)  # type: ignore[arg-type]

    return make


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
