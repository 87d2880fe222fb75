"""The warm workers of one stage service: hiring, handing out bundles, replacing the lost."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from sweeps.execution.job import LOST, Job, Outcome, Shape
from sweeps.execution.worker import Worker
from xlt_core.vocabulary.stage import Stage

log = logging.getLogger("xlt.service")

PAUSE_AFTER_FAILED_START = 1.0


@dataclass
class Seat:
    """One worker, busy or idle."""

    name: str
    shape: Shape
    actor: Any
    pid: int = 0  # 0 until it is ready
    busy: bool = False
    holds: tuple[str, ...] = ()


class Pool:
    """Workers by name. `changed` is called whenever one becomes idle."""

    def __init__(self, store: str, changed: Callable[[], None]) -> None:
        self._store = store
        self._changed = changed
        self._seats: dict[str, Seat] = {}
        self._names = itertools.count()
        self._starting: set[asyncio.Task[None]] = set()

    def idle(self) -> dict[str, Shape]:
        """Workers that could take a bundle now."""
        return {s.name: s.shape for s in self._seats.values() if s.pid and not s.busy}

    def holds(self) -> dict[str, tuple[str, ...]]:
        """The weights each worker has in memory."""
        return {seat.name: seat.holds for seat in self._seats.values()}

    def pids(self) -> dict[str, int]:
        """Process ids of the workers that are ready."""
        return {seat.name: seat.pid for seat in self._seats.values() if seat.pid}

    def hire(self, job: Job, limit: int) -> None:
        """Start workers of the job's shape until there are `limit` of them."""
        shape = job.shape
        present = sum(seat.shape == shape for seat in self._seats.values())
        for _ in range(limit - present):
            options = {"num_cpus": shape.threads, "num_gpus": shape.gpus, "max_concurrency": 2}
            service = ray.get_runtime_context().current_actor
            actor = ray.remote(Worker).options(**options).remote(service, self._store)
            seat = Seat(f"worker-{next(self._names)}", shape, actor)
            self._seats[seat.name] = seat
            task = asyncio.get_running_loop().create_task(self._prepare(seat, job))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def occupy(self, worker: str) -> None:
        """Mark a worker busy from the moment work is meant for it."""
        self._seats[worker].busy = True

    async def run(
        self, worker: str, stages: Sequence[Stage], job: Job, settle: Callable[[Outcome], None]
    ) -> None:
        """Run a bundle; every stage is settled, as lost where the worker died first."""
        seat = self._seats[worker]
        open_keys = {stage.key for stage in stages}
        error = "the worker gave no answer"
        try:
            async for reference in seat.actor.run.remote(list(stages), job):
                outcome: Outcome = await reference
                open_keys.discard(outcome.key)
                seat.holds = outcome.holds or seat.holds
                settle(outcome)
        except RayActorError:
            error = "the worker or its node was lost"
            self._seats.pop(seat.name, None)
        except RayTaskError as problem:  # not of the stage, whose errors are outcomes
            error = str(problem)
            self._seats.pop(seat.name, None)
            ray.kill(seat.actor)
        finally:
            seat.busy = False
        for stage in stages:
            if stage.key in open_keys:
                settle(Outcome(stage.key, LOST, error=error))
        self._changed()

    def cancel(self, worker: str, key: str) -> None:
        """Ask a worker to stop a stage at its next report."""
        seat = self._seats.get(worker)
        if seat is not None:
            seat.actor.cancel.remote([key])

    async def _prepare(self, seat: Seat, job: Job) -> None:
        try:
            seat.pid = await seat.actor.prepare.remote(job)
        except (RayActorError, RayTaskError) as error:
            log.warning("a worker did not start: %s", error)
            self._seats.pop(seat.name, None)
            await asyncio.sleep(PAUSE_AFTER_FAILED_START)
        self._changed()
