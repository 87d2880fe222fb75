"""Which sweeps are attended by a driver, what is desired of each, and the events kept for it.

Part of the stage service (see `service`); plain asyncio, no Ray.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from sweeps.execution.job import Shape, SweepJob
from sweeps.spec.desired_state import DesiredState
from xlt_core.vocabulary.events import Event

KEPT_EVENTS = 10_000
TOGETHER_SECONDS = 0.05  # what happens within so long is told in one answer


@dataclass
class DriverSession:
    """One sweep whose driver is listening."""

    job: SweepJob
    seen: float
    desired: DesiredState = DesiredState.RUN
    events: deque[tuple[int, Event]] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    news: asyncio.Event = field(default_factory=asyncio.Event)


class SessionRegistry:
    """All attended sweeps by identity."""

    def __init__(self) -> None:
        self._sweeps: dict[str, DriverSession] = {}
        # Numbers grow across restarts of the service, so that drivers need not notice one.
        self._next = time.time_ns()

    def enter(self, job: SweepJob) -> bool:
        """Note that the sweep's driver was heard; True where the sweep is new."""
        now = asyncio.get_running_loop().time()
        known = self._sweeps.get(job.identity)
        if known is None:
            self._sweeps[job.identity] = DriverSession(job, now)
            return True
        known.job, known.seen = job, now
        return False

    def leave(self, sweep: str) -> None:
        """Forget a sweep; whoever asks is told it was cancelled."""
        self._sweeps.pop(sweep, None)

    def silent(self, seconds: float) -> list[str]:
        """Sweeps whose driver has not been heard for so long."""
        now = asyncio.get_running_loop().time()
        return [name for name, known in self._sweeps.items() if now - known.seen > seconds]

    def change(self, sweep: str, desired: DesiredState) -> bool:
        """Set what is desired of a sweep; True where it is another than before."""
        known = self._sweeps[sweep]
        changed, known.desired = known.desired != desired, desired
        return changed

    def desired(self, sweep: str) -> DesiredState:
        """What is desired of a sweep; of one that left, that it be cancelled."""
        known = self._sweeps.get(sweep)
        return known.desired if known else DesiredState.CANCEL

    def wanted(self, sweeps: Iterable[str]) -> bool:
        """Whether any of `sweeps` wants new work begun."""
        return any(self.desired(sweep) == DesiredState.RUN for sweep in sweeps)

    def over(self, sweeps: Iterable[str]) -> bool:
        """Whether all of `sweeps` were stopped or cancelled."""
        return all(self.desired(sweep).ends for sweep in sweeps)

    def limit(self, shape: Shape) -> int:
        """The most workers of `shape` that any sweep allows."""
        jobs = [known.job for known in self._sweeps.values()]
        return max((job.workers for job in jobs if shape in job.every_shape), default=0)

    def shapes(self) -> set[Shape]:
        """All that attended sweeps want workers of."""
        return {shape for known in self._sweeps.values() for shape in known.job.every_shape}

    def idle_seconds(self, shape: Shape) -> float:
        """How long a worker of `shape` may be without work: as long as any sweep allows."""
        jobs = [known.job for known in self._sweeps.values()]
        return max((job.idle_seconds for job in jobs if shape in job.every_shape), default=0.0)

    def of_shape(self, shape: Shape) -> list[str]:
        """Sweeps whose workers are of `shape`."""
        return [name for name, known in self._sweeps.items() if shape in known.job.every_shape]

    def job(self, sweep: str) -> SweepJob | None:
        """What the sweep's driver said of it last; None where it has left."""
        known = self._sweeps.get(sweep)
        return known.job if known else None

    def tell(self, sweeps: Iterable[str], event: Event) -> None:
        """Keep `event` for the drivers of `sweeps`."""
        for sweep in sweeps:
            known = self._sweeps.get(sweep)
            if known is not None:
                known.events.append((self._next, event))
                self._next += 1
                known.news.set()

    async def events(self, sweep: str, after: int, wait: float) -> list[tuple[int, Event]]:
        """Events of a sweep after number `after`; waits up to `wait` seconds for the first.

        What was heard is forgotten: a driver that comes after a dead one is told the rest alone.
        """
        known = self._sweeps[sweep]
        if after >= self._next:  # heard from a service before this one, whose clock was ahead
            after = 0
        while known.events and known.events[0][0] <= after:
            known.events.popleft()
        if not known.events:
            known.news.clear()
            try:
                await asyncio.wait_for(known.news.wait(), wait)
            except TimeoutError:
                return []
            await asyncio.sleep(TOGETHER_SECONDS)
        return list(known.events)

    def __len__(self) -> int:
        return len(self._sweeps)
