"""The warm workers of one stage service: hiring, handing out bundles, replacing the lost, leaving.

`staffing` says how many there should be and tells the sweeps what is amiss with them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from sweeps.execution.job import Job, Outcome, Shape
from sweeps.execution.worker import Worker
from xlt_core.stages import Stage
from xlt_core.vocabulary.errors import MachineFault

log = logging.getLogger("xlt.service")


@dataclass
class Seat:
    """One worker, busy or idle.

    Attributes:
        placed: the cluster had room for it and its process runs.
        pid: 0 until it is ready for work.
    """

    name: str
    shape: Shape
    actor: Any
    placed: bool = False
    pid: int = 0
    busy: bool = False
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class FailedStarts:
    """Workers of one shape that did not start, one after the other."""

    count: int
    error: Exception


class Pool:
    """Workers by name.

    Args:
        store: URL of the stage store they work on.
        changed: called whenever one becomes idle, or is no longer there.
        failed: called with the job whenever one could not start.
        ready: called with the job whenever one is ready for work.
    """

    def __init__(
        self,
        store: str,
        changed: Callable[[], None],
        failed: Callable[[Job], None],
        ready: Callable[[Job], None],
    ) -> None:
        self._store = store
        self._changed = changed
        self._failed = failed
        self._ready = ready
        self._seats: dict[str, Seat] = {}
        self._failures: dict[Shape, FailedStarts] = {}
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

    def unplaced(self, shape: Shape) -> int:
        """Workers of `shape` that wait for room on the cluster, or for their process."""
        return sum(not seat.placed for seat in self._of(shape))

    def ready(self, shape: Shape) -> tuple[int, int]:
        """Workers of `shape` that are ready for work, and all there are."""
        seats = self._of(shape)
        return sum(seat.pid > 0 for seat in seats), len(seats)

    def failures(self, shape: Shape) -> FailedStarts | None:
        """What kept the last workers of `shape` from starting; None where the last one did."""
        return self._failures.get(shape)

    def forgive(self, shape: Shape) -> None:
        """Forget failed starts: the next worker may be tried again."""
        self._failures.pop(shape, None)

    def has(self, shape: Shape) -> bool:
        """Whether a worker of `shape` is here or on its way."""
        return any(self._of(shape))

    def hire(self, job: Job, limit: int) -> None:
        """Start workers of the job's shape until there are `limit`, unless none can be started."""
        failed = self.failures(job.shape)
        if failed is not None and failed.count >= job.max_attempts:
            return
        for _ in range(limit - len(self._of(job.shape))):
            self._hire(job)

    def occupy(self, worker: str) -> None:
        """Mark a worker busy from the moment work is meant for it."""
        self._seats[worker].busy = True

    async def run(
        self, worker: str, stages: Sequence[Stage], job: Job, settle: Callable[[Outcome], None]
    ) -> None:
        """Run a bundle; every stage is settled, as lost where the worker died first."""
        seat = self._seats[worker]
        open_keys = {stage.key for stage in stages}
        error: Exception = MachineFault("the worker gave no answer")
        try:
            async for reference in seat.actor.run.remote(list(stages), job):
                outcome: Outcome = await reference
                open_keys.discard(outcome.key)
                seat.holds = outcome.holds or seat.holds
                settle(outcome)
        except RayError as problem:  # none of a stage's, whose errors are outcomes
            error = cause_of(problem)
            log.warning("worker %s was lost: %s", worker, problem)
            self._remove(seat)
            self.forgive(seat.shape)  # it had started: others will
        finally:
            seat.busy = False
        for stage in stages:
            if stage.key in open_keys:
                settle(Outcome.lost(stage.key, error))
        self._changed()

    def cancel(self, worker: str, key: str) -> None:
        """Ask a worker to stop a stage at its next report."""
        seat = self._seats.get(worker)
        if seat is not None:
            seat.actor.cancel.remote([key])

    def surplus(self, limit: Callable[[Shape], int]) -> list[Seat]:
        """Workers beyond the most that any sweep allows, those without work first."""
        found: list[Seat] = []
        for shape in {seat.shape for seat in self._seats.values()}:
            seats = sorted(self._of(shape), key=lambda seat: (seat.busy, seat.pid > 0))
            found += seats[: max(0, len(seats) - limit(shape))]
        return found

    def dismiss(self, limit: Callable[[Shape], int]) -> None:
        """Let the surplus go that is not at work; its room on the cluster is free again."""
        for seat in self.surplus(limit):
            if not seat.busy:
                log.info("worker %s leaves: no sweep wants it", seat.name)
                self._remove(seat)

    def _of(self, shape: Shape) -> list[Seat]:
        return [seat for seat in self._seats.values() if seat.shape == shape]

    def _hire(self, job: Job) -> None:
        shape = job.shape
        options = {"num_cpus": shape.threads, "num_gpus": shape.gpus, "max_concurrency": 2}
        service = ray.get_runtime_context().current_actor
        actor = ray.remote(Worker).options(**options).remote(service, self._store)
        seat = Seat(f"worker-{next(self._names)}", shape, actor)
        self._seats[seat.name] = seat
        task = asyncio.get_running_loop().create_task(self._prepare(seat, job))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _prepare(self, seat: Seat, job: Job) -> None:
        """See a worker to its place; one that cannot start keeps it empty for a pause."""
        try:
            seat.placed = await seat.actor.hello.remote()
            seat.pid = await seat.actor.prepare.remote(job)
            self.forgive(seat.shape)
            self._ready(job)
        except RayError as error:
            if seat.name not in self._seats:  # dismissed before it was ready
                return
            seat.placed = True
            before = self.failures(seat.shape)
            failed = FailedStarts(before.count + 1 if before else 1, cause_of(error))
            self._failures[seat.shape] = failed
            log.warning("a worker did not start: %s", error)
            self._failed(job)
            await asyncio.sleep(job.pauses.after(failed.count))
            self._remove(seat)
        self._changed()

    def _remove(self, seat: Seat) -> None:
        if self._seats.pop(seat.name, None) is not None:
            ray.kill(seat.actor)


def cause_of(error: RayError) -> Exception:
    """What really happened: the error of a task, else the loss of its process or node."""
    cause = error.cause if isinstance(error, RayTaskError) else None
    if isinstance(cause, Exception):
        return cause
    lost = MachineFault("the worker or its node was lost")
    lost.__cause__ = error
    return lost
