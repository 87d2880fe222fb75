"""How many workers there should be, and what the sweeps are told of those that are not there.

Between the stage service's register (who wants work done) and its pool (who does it). Workers
come when a sweep is attended, and leave a grace after the last sweep that wanted them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import ray
from ray._private.state import state

from sweeps.execution.conduct import LeftOut
from sweeps.execution.demand import Demand
from sweeps.execution.job import Shape, StageOutcome, SweepJob
from sweeps.execution.pool import Pool
from sweeps.execution.resources import has_room, shortage
from sweeps.execution.sessions import SessionRegistry
from xlt_core.stages import TrainStage
from xlt_core.vocabulary.events import (
    Event,
    SweepWaits,
    WorkerFailed,
    WorkerLeftOut,
    Workers,
)

log = logging.getLogger("xlt.service")

LOOK_SECONDS = 15.0  # between two looks at who has nothing to do
DRAIN_SECONDS = 2.0  # between two looks at which nodes are to go
ROOM_SECONDS = 2.0  # between two looks at whether others have to give way
MANY_LOOKS = 15

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Staffing:
    """Hires, explains, lets go."""

    def __init__(
        self, store: str, register: SessionRegistry, changed: Callable[[], None], spawn: Spawn
    ) -> None:
        self.pool = Pool(store, changed, self._tell_failed, self._tell_ready, self._tell_left_out)
        self._sessions = register
        self._spawn = spawn
        self._explaining: set[Shape] = set()
        self._letting_go = self._releasing = self._giving_way = self._heeding = False
        self._queued: Mapping[Shape, int] = {}
        self._demand: Demand | None = None
        self._out: dict[Shape, list[LeftOut]] = {}

    def welcome(self, job: SweepJob) -> None:
        """A sweep has come: have workers for it ahead, and say which are left out."""
        limit = self._sessions.limit(job.shape)
        ahead = limit if job.ahead is None else min(limit, job.ahead)
        self._scale_up(job.of(TrainStage.kind), ahead)
        if not self._releasing:
            self._releasing = True
            self._spawn(self._release_idle())
        if not self._heeding:
            self._heeding = True
            self._spawn(self._heed_drains())
        if self._demand is None:
            self._demand = Demand(job.service)
            self._spawn(self._demand.tell())
        for bad in filter(self.pool.keeps_out, self._out.get(job.shape, ())):
            self._sessions.tell([job.identity], _left_out(bad))

    def scale_up(self, jobs: Iterable[SweepJob], queued: Mapping[Shape, int]) -> None:
        """Have workers for what is `queued` of `jobs`, and say so where they find no room.

        Args:
            queued: how many workers could begin something now.
        """
        for shape, job in {job.shape: job for job in jobs}.items():
            self._scale_up(job, self._wanted(shape, queued))

    def settle(self, queued: Mapping[Shape, int]) -> None:
        """What could be handed out has been: so much is left for workers that are not there."""
        self._queued = queued
        if self._demand is not None:
            shapes = self._sessions.shapes()
            self._demand.wanted({shape: self._wanted(shape, queued) for shape in shapes})
        if not self._giving_way and any(self.pool.unplaced(shape) for shape in queued):
            self._giving_way = True
            self._spawn(self._give_way())

    def _wanted(self, shape: Shape, queued: Mapping[Shape, int]) -> int:
        work = self.pool.at_work(shape) + queued.get(shape, 0)
        return min(self._sessions.limit(shape), work)

    def _scale_up(self, job: SweepJob, wanted: int) -> None:
        self.pool.scale_up(job, wanted, self._sessions.limit(job.shape))
        if self.pool.unplaced(job.shape) and job.shape not in self._explaining:
            self._explaining.add(job.shape)
            self._spawn(self._explain(job))

    async def _release_idle(self) -> None:
        """Let workers go for which there has been no work for long."""
        while shapes := self._sessions.shapes():
            allowed = {shape: self._sessions.idle_seconds(shape) for shape in shapes}
            await asyncio.sleep(min(LOOK_SECONDS, *allowed.values()))
            for shape, seconds in allowed.items():
                idle = self.pool.idle_for(shape)
                long = sum(one >= seconds for one in idle)
                self.pool.release(shape, min(long, len(idle) - self._queued.get(shape, 0)))
        self._releasing = False

    async def _heed_drains(self) -> None:
        """A node that is to go is left before it is gone: Ray tells nobody who works there."""
        while self._sessions.shapes():
            await asyncio.sleep(DRAIN_SECONDS)
            try:
                draining = await asyncio.to_thread(state.get_draining_nodes)
            except Exception as error:  # the head is away: so is everything
                log.warning("it is not known which nodes are to go: %s", error)
            else:
                self.pool.leave(draining)
        self._heeding = False

    async def _give_way(self) -> None:
        """Workers with nothing to do make room for others that find none, of another shape."""
        for looks in itertools.count(1):
            await asyncio.sleep(ROOM_SECONDS)
            short = [shape for shape in self._queued if self.pool.unplaced(shape)]
            if not short:
                break
            _, free = await asyncio.to_thread(_resources)
            # Where there seems to be room their processes start, or no one node has all of it.
            if looks >= MANY_LOOKS or not any(has_room(shape, free) for shape in short):
                for shape in self._sessions.shapes() - self._queued.keys():
                    self.pool.release(shape, len(self.pool.idle_for(shape)))
        self._giving_way = False

    def hopeless(self, job: SweepJob, key: str) -> StageOutcome | None:
        """The last word on a stage for which no worker could be started; None while one may."""
        failed = self.pool.failures(job.shape)
        if failed is None or failed.count < job.max_attempts or self.pool.has(job.shape):
            return None
        lost = StageOutcome.lost(key, failed.error)
        return lost.given_up(f"no worker could be started in {failed.count} attempts")

    def let_go(self, grace_seconds: float) -> None:
        """A sweep has gone: workers that no other wants leave after a grace."""
        if not self._letting_go:
            self._letting_go = True
            self._spawn(self._let_go(grace_seconds))

    async def _let_go(self, grace_seconds: float) -> None:
        """Until nobody is left over: who is still at work is asked again."""
        while self.pool.surplus(self._sessions.limit):
            await asyncio.sleep(grace_seconds)
            self.pool.dismiss(self._sessions.limit)
        self._letting_go = False

    async def _explain(self, job: SweepJob) -> None:
        """Say what workers wait for, from time to time, while they wait."""
        told = 0
        while self.pool.unplaced(job.shape):
            told += 1
            await asyncio.sleep(job.notices.after(told))
            missing = self.pool.unplaced(job.shape)
            if missing:
                total, free = await asyncio.to_thread(_resources)
                self._tell(job, SweepWaits(shortage(missing, job.shape, total, free)))
        self._explaining.discard(job.shape)

    def _tell_failed(self, job: SweepJob) -> None:
        failed = self.pool.failures(job.shape)
        if failed is not None:
            error = StageOutcome.lost("", failed.error).error
            self._tell(job, WorkerFailed(error, failed.count))

    def _tell_ready(self, job: SweepJob) -> None:
        """Of the first and of the last: a hundred workers are not a hundred lines."""
        ready, every = self.pool.ready(job.shape)
        if ready in (1, every):
            self._tell(job, Workers(ready, every))

    def _tell_left_out(self, shape: Shape, bad: LeftOut) -> None:
        if not bad.last:
            self._out.setdefault(shape, []).append(bad)
        self._sessions.tell(self._sessions.of_shape(shape), _left_out(bad))

    def _tell(self, job: SweepJob, event: Event) -> None:
        self._sessions.tell(self._sessions.of_shape(job.shape), event)


def _left_out(bad: LeftOut) -> WorkerLeftOut:
    return WorkerLeftOut(bad.worker, bad.stages, bad.error, bad.last)


def _resources() -> tuple[dict[str, float], dict[str, float]]:
    """All of the cluster, and what is free of it."""
    return ray.cluster_resources(), ray.available_resources()
