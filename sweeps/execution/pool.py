"""The warm workers of one stage service: hiring, handing out bundles, replacing the lost, leaving.

`staffing` says how many there should be and tells the sweeps what is amiss with them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace

import ray
from ray.exceptions import RayError

from sweeps.execution.conduct import Conduct, LeftOut
from sweeps.execution.job import Shape, StageOutcome, StageStatus, SweepJob
from sweeps.execution.slots import FailedStarts, WorkerSlot, cause_of
from sweeps.execution.worker import Worker
from xlt_core.stages import Stage
from xlt_core.vocabulary.errors import MachineFault

log = logging.getLogger("xlt.service")


class Pool:
    """Workers by name.

    Args:
        store: URL of the stage store they work on.
        changed: called whenever one becomes idle, or is no longer there.
        failed: called with the job whenever one could not start.
        ready: called with the job whenever one is ready for work.
        left_out: called with what is held against a worker that is left out (`conduct`).
    """

    def __init__(
        self,
        store: str,
        changed: Callable[[], None],
        failed: Callable[[SweepJob], None],
        ready: Callable[[SweepJob], None],
        left_out: Callable[[Shape, LeftOut], None],
    ) -> None:
        self._store = store
        self._changed = changed
        self._failed = failed
        self._ready = ready
        self._left_out = left_out
        self._conduct = Conduct()
        self._bundles = itertools.count()
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
        slots = [slot for slot in self._of(shape) if not slot.out]
        return sum(slot.pid > 0 for slot in slots), len(slots)

    def failures(self, shape: Shape) -> FailedStarts | None:
        """What kept the last workers of `shape` from starting; None where the last one did."""
        return self._failures.get(shape)

    def forgive(self, shape: Shape) -> None:
        """Forget failed starts: the next worker may be tried again."""
        self._failures.pop(shape, None)

    def at_work(self, shape: Shape) -> int:
        """Workers of `shape` that have a bundle."""
        return sum(slot.busy for slot in self._of(shape))

    def idle_for(self, shape: Shape) -> list[float]:
        """How long each worker of `shape` that is free has been so, in seconds, ascending."""
        now = asyncio.get_running_loop().time()
        return sorted(now - slot.since for slot in self._of(shape) if slot.is_free)

    def release(self, shape: Shape, count: int) -> None:
        """Let workers go that have been free longest; their room on the cluster is free again."""
        free = [slot for slot in self._of(shape) if slot.is_free]
        for slot in sorted(free, key=lambda slot: slot.since)[:count]:
            log.info("worker %s leaves: there is no work for it", slot.called)
            self._remove(slot)

    def leave(self, nodes: Collection[str]) -> None:
        """Have workers end, in order, that are on nodes that are to go."""
        for slot in list(self._slots.values()):
            if slot.node in nodes and slot.pid and not (slot.told or slot.leaving):
                log.info("worker %s is told to end: its node is to go", slot.called)
                slot.told = True
                slot.actor.end.remote()

    def has(self, shape: Shape) -> bool:
        """Whether a worker of `shape` is here or on its way."""
        return any(not slot.out for slot in self._of(shape))

    def shunned(self, shape: Shape, lost_on: Collection[str]) -> frozenset[str]:
        """Of the workers that lost a stage, those that had better not have it again.

        None where it was lost on all there are.
        """
        in_use = {slot.name for slot in self._of(shape) if slot.is_in_use}
        if in_use <= set(lost_on):
            return frozenset()
        return frozenset(self._conduct.suspects().intersection(lost_on))

    def keeps_out(self, bad: LeftOut) -> bool:
        """Whether that worker is there, and left out; it goes with the sweeps it failed."""
        return any(slot.out and slot.called == bad.worker for slot in self._slots.values())

    def over(self, key: str) -> None:
        """A stage has its last word; whoever failed it alone has been found out by now."""
        self._conduct.over(key)

    def scale_up(self, job: SweepJob, wanted: int, limit: int) -> None:
        """Have `wanted` workers of the job's shape in use, `limit` with those that are left out.

        None is started where none can be.
        """
        failed = self.failures(job.shape)
        if failed is not None and failed.count >= job.max_attempts:
            return
        slots = self._of(job.shape)
        in_use = sum(not (slot.out or slot.told or slot.leaving) for slot in slots)
        for _ in range(min(wanted - in_use, limit - len(slots))):
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
        slot, bundle = self._slots[worker], next(self._bundles)
        open_keys = {stage.key: stage for stage in stages}  # in order
        error: Exception = MachineFault("the worker gave no answer")
        try:
            async for reference in slot.actor.run.remote(list(stages), job):
                outcome: StageOutcome = await reference
                open_keys.pop(outcome.key, None)
                slot.cached_keys = outcome.cached_keys or slot.cached_keys
                slot.leaving |= outcome.status == StageStatus.MOVED
                self._judge(slot, bundle, outcome)
                finish(outcome)
        except RayError as problem:  # none of a stage's, whose errors are outcomes
            error = cause_of(problem)
            log.warning("worker %s was lost: %s", worker, problem)
            for key in list(open_keys)[:1]:  # the others had not begun
                self._judge(slot, bundle, StageOutcome.lost(key, error))
            self._remove(slot, died=True)
            self.forgive(slot.shape)  # it had started: others will
        finally:
            slot.busy, slot.since = False, asyncio.get_running_loop().time()
        for key in open_keys:
            finish(StageOutcome.lost(key, error))
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
        options = {
            "num_cpus": shape.threads,
            "num_gpus": shape.gpus,
            "memory": shape.memory or None,
            "max_concurrency": 3,
        }
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
            slot.node, slot.called = await slot.actor.hello.remote()
            slot.placed, slot.out = True, not self._conduct.came(slot.name, slot.node)
            slot.pid = await slot.actor.prepare.remote(job)
            slot.since = asyncio.get_running_loop().time()
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
        died = False
        try:
            await slot.actor.farewell.remote()
        except RayError:
            died = True
        slot.leaving = True
        if slot.name in self._slots and not slot.busy:
            log.info("worker %s was %s", slot.called, "lost" if died else "told to end")
            self._remove(slot, died)
            self._changed()

    def _judge(self, slot: WorkerSlot, bundle: int, outcome: StageOutcome) -> None:
        """Hold against a worker what it fails, and leave out whoever fails alone."""
        if outcome.status == StageStatus.LOST:
            self._conduct.lost(slot.name, bundle, outcome.key, outcome.error)
        if outcome.status != StageStatus.DONE or not outcome.executed:
            return
        in_use = [one.name for one in self._of(slot.shape) if one.is_in_use]
        for bad in self._conduct.done(slot.name, outcome.key, in_use):
            known = self._slots[bad.worker]
            known.out = not bad.last
            log.warning("worker %s: %s", known.called, bad)
            self._left_out(known.shape, replace(bad, worker=known.called))

    def _remove(self, slot: WorkerSlot, died: bool = False) -> None:
        if self._slots.pop(slot.name, None) is not None:
            if died:
                self._conduct.died(slot.name, slot.node)
            else:
                self._conduct.left(slot.name)
            ray.kill(slot.actor)
