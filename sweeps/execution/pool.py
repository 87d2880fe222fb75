"""The warm workers of one stage service: hiring, handing out bundles, replacing the lost, leaving.

`staffing` says how many there should be and tells the sweeps what is amiss with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ray
from ray.exceptions import RayError, RayTaskError

from sweeps.execution.job import Shape, StageOutcome, StageStatus, SweepJob
from sweeps.execution.worker import Worker
from xlt_core.stages import Stage
from xlt_core.vocabulary.errors import MachineFault

log = logging.getLogger("xlt.service")

if TYPE_CHECKING:
    from ray.actor import ActorHandle


@dataclass
class WorkerSlot:
    """One worker, busy or idle.

    Attributes:
        placed: the cluster had room for it and its process runs.
        pid: 0 until it is ready for work.
        leaving: its process was told to end, or is lost: it gets no further work.
    """

    name: str
    shape: Shape
    actor: ActorHandle
    placed: bool = False
    pid: int = 0
    busy: bool = False
    leaving: bool = False
    cached_keys: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether it could take a bundle now."""
        return self.pid > 0 and not self.busy and not self.leaving


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
        failed: Callable[[SweepJob], None],
        ready: Callable[[SweepJob], None],
    ) -> None:
        self._store = store
        self._changed = changed
        self._failed = failed
        self._ready = ready
        self._slots: dict[str, WorkerSlot] = {}
        self._failures: dict[Shape, FailedStarts] = {}
        self._names = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    def idle(self) -> dict[str, Shape]:
        """Workers that could take a bundle now."""
        return {slot.name: slot.shape for slot in self._slots.values() if slot.is_free}

    def cached_keys(self) -> dict[str, tuple[str, ...]]:
        """The weights each worker has in memory."""
        return {slot.name: slot.cached_keys for slot in self._slots.values()}

    def pids(self) -> dict[str, int]:
        """Process ids of the workers that are ready."""
        return {slot.name: slot.pid for slot in self._slots.values() if slot.pid}

    def unplaced(self, shape: Shape) -> int:
        """Workers of `shape` that wait for room on the cluster, or for their process."""
        return sum(not slot.placed for slot in self._of(shape))

    def ready(self, shape: Shape) -> tuple[int, int]:
        """Workers of `shape` that are ready for work, and all there are."""
        slots = self._of(shape)
        return sum(slot.pid > 0 for slot in slots), len(slots)

    def failures(self, shape: Shape) -> FailedStarts | None:
        """What kept the last workers of `shape` from starting; None where the last one did."""
        return self._failures.get(shape)

    def forgive(self, shape: Shape) -> None:
        """Forget failed starts: the next worker may be tried again."""
        self._failures.pop(shape, None)

    def has(self, shape: Shape) -> bool:
        """Whether a worker of `shape` is here or on its way."""
        return any(self._of(shape))

    def scale_up(self, job: SweepJob, limit: int) -> None:
        """Start workers of the job's shape until there are `limit`, unless none can be started."""
        failed = self.failures(job.shape)
        if failed is not None and failed.count >= job.max_attempts:
            return
        for _ in range(limit - len(self._of(job.shape))):
            self._start(job)

    def occupy(self, worker: str) -> None:
        """Mark a worker busy from the moment work is meant for it."""
        self._slots[worker].busy = True

    async def run(
        self,
        worker: str,
        stages: Sequence[Stage],
        job: SweepJob,
        finish: Callable[[StageOutcome], None],
    ) -> None:
        """Run a bundle; every stage has an outcome, as lost where the worker died first."""
        slot = self._slots[worker]
        open_keys = {stage.key for stage in stages}
        error: Exception = MachineFault("the worker gave no answer")
        try:
            async for reference in slot.actor.run.remote(list(stages), job):
                outcome: StageOutcome = await reference
                open_keys.discard(outcome.key)
                slot.cached_keys = outcome.cached_keys or slot.cached_keys
                slot.leaving |= outcome.status == StageStatus.MOVED
                finish(outcome)
        except RayError as problem:  # none of a stage's, whose errors are outcomes
            error = cause_of(problem)
            log.warning("worker %s was lost: %s", worker, problem)
            self._remove(slot)
            self.forgive(slot.shape)  # it had started: others will
        finally:
            slot.busy = False
        for stage in stages:
            if stage.key in open_keys:
                finish(StageOutcome.lost(stage.key, error))
        if slot.leaving:
            self._remove(slot)
        self._changed()

    def cancel(self, worker: str, key: str) -> None:
        """Ask a worker to stop a stage at its next report."""
        slot = self._slots.get(worker)
        if slot is not None:
            slot.actor.cancel.remote([key])

    def surplus(self, limit: Callable[[Shape], int]) -> list[WorkerSlot]:
        """Workers beyond the most that any sweep allows, those without work first."""
        found: list[WorkerSlot] = []
        for shape in {slot.shape for slot in self._slots.values()}:
            slots = sorted(self._of(shape), key=lambda slot: (slot.busy, slot.pid > 0))
            found += slots[: max(0, len(slots) - limit(shape))]
        return found

    def dismiss(self, limit: Callable[[Shape], int]) -> None:
        """Let the surplus go that is not at work; its room on the cluster is free again."""
        for slot in self.surplus(limit):
            if not slot.busy:
                log.info("worker %s leaves: no sweep wants it", slot.name)
                self._remove(slot)

    def _of(self, shape: Shape) -> list[WorkerSlot]:
        return [slot for slot in self._slots.values() if slot.shape == shape]

    def _start(self, job: SweepJob) -> None:
        shape = job.shape
        options = {"num_cpus": shape.threads, "num_gpus": shape.gpus, "max_concurrency": 3}
        service = ray.get_runtime_context().current_actor
        actor = ray.remote(Worker).options(**options).remote(service, self._store)
        slot = WorkerSlot(f"worker-{next(self._names)}", shape, actor)
        self._slots[slot.name] = slot
        self._spawn(self._prepare(slot, job))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _prepare(self, slot: WorkerSlot, job: SweepJob) -> None:
        """See a worker to its place; one that cannot start keeps it empty for a pause."""
        try:
            slot.placed = await slot.actor.hello.remote()
            slot.pid = await slot.actor.prepare.remote(job)
            self.forgive(slot.shape)
            self._ready(job)
            self._spawn(self._see_off(slot))
        except RayError as error:
            if slot.name not in self._slots:  # dismissed before it was ready
                return
            slot.placed = True
            before = self.failures(slot.shape)
            failed = FailedStarts(before.count + 1 if before else 1, cause_of(error))
            self._failures[slot.shape] = failed
            log.warning("a worker did not start: %s", error)
            self._failed(job)
            await asyncio.sleep(job.pauses.after(failed.count))
            self._remove(slot)
        self._changed()

    async def _see_off(self, slot: WorkerSlot) -> None:
        """Wait until a worker is told to end or is lost; who is at work goes with its bundle."""
        with contextlib.suppress(RayError):
            await slot.actor.farewell.remote()
        slot.leaving = True
        if slot.name in self._slots and not slot.busy:
            log.info("worker %s was told to end, or lost", slot.name)
            self._remove(slot)
            self._changed()

    def _remove(self, slot: WorkerSlot) -> None:
        if self._slots.pop(slot.name, None) is not None:
            ray.kill(slot.actor)


def cause_of(error: RayError) -> Exception:
    """What really happened: the error of a task, else the loss of its process or node."""
    cause = error.cause if isinstance(error, RayTaskError) else None
    if isinstance(cause, Exception):
        return cause
    lost = MachineFault("the worker or its node was lost")
    lost.__cause__ = error
    return lost
