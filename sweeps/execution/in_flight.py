"""One stage on its way through the service, and everybody who waits for it.

Part of the stage service (see `service`); plain asyncio, no Ray.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from sweeps.execution.job import StageOutcome, StageStatus, SweepJob
from xlt_core.stages import Stage
from xlt_core.vocabulary.events import (
    Event,
    StageCancelledEvent,
    StageDone,
    StageFailedEvent,
    StageInterrupted,
    StageMoved,
    StageRetried,
    StageReused,
)

# Who waits: trial (`sweep/number`) → its sweep and its priority.
Waiters = dict[str, tuple[str, int]]


@dataclass
class InFlightStage:
    """A stage from the first request to its outcome.

    Attributes:
        ready: set from when it could start until it has an outcome.
        worker: who has it; empty while nobody does.
        resting: set during the pause before another try.
        losses: times it was lost, in a row.
        attempts: of these, those that count against `SweepJob.max_attempts`.
        full: it was lost to a full disk; it finds out whether there is room again.
        begun: a worker has said so.
        lost_on: workers that lost it.
    """

    stage: Stage
    job: SweepJob
    result: asyncio.Future[StageOutcome]
    order: int
    waiters: Waiters = field(default_factory=dict)
    ready: asyncio.Future[StageOutcome] | None = None
    worker: str = ""
    resting: asyncio.Future[None] | None = None
    losses: int = 0
    attempts: int = 0
    full: bool = False
    begun: bool = False
    lost_on: set[str] = field(default_factory=set)

    @property
    def needed(self) -> SweepJob:
        """The job as it is for a stage of this kind."""
        return self.job.of(self.stage.kind)

    @property
    def priority(self) -> int:
        """The most urgent waiter's; smaller goes first."""
        return min((priority for _, priority in self.waiters.values()), default=0)

    @property
    def is_asleep(self) -> bool:
        """Whether it is not about to start: it waits for its parent, or for another cluster."""
        return self.ready is None and self.resting is None

    def sweeps(self) -> set[str]:
        """Sweeps that wait."""
        return {sweep for sweep, _ in self.waiters.values()}

    def ended(self, outcome: StageOutcome) -> Event:
        """How the stage ended, as sweeps are told."""
        key, title, of = self.stage.key, self.stage.title, self.stage.kind
        match outcome.status:
            case StageStatus.FAILED:
                return StageFailedEvent(title, of, outcome.error, stage=key)
            case StageStatus.INTERRUPTED:
                return StageInterrupted(title, of, outcome.error, stage=key)
            case StageStatus.STOPPED:
                return StageCancelledEvent(title, of, self.begun, stage=key)
        if outcome.executed:
            return StageDone(title, of, outcome.seconds, stage=key)
        return StageReused(title, of, stage=key)

    def retried(self, outcome: StageOutcome, pause: float) -> Event:
        """The stage was lost, and is tried again after `pause` seconds."""
        key, title, of = self.stage.key, self.stage.title, self.stage.kind
        return StageRetried(title, of, outcome.error, pause, stage=key)

    def moved(self, outcome: StageOutcome) -> Event:
        """The stage goes on elsewhere, at once."""
        key, title, of = self.stage.key, self.stage.title, self.stage.kind
        return StageMoved(title, of, outcome.worker, outcome.step, stage=key)

    def finish(self, outcome: StageOutcome) -> None:
        """Say what came of this try."""
        if self.ready is not None and not self.ready.done():
            self.ready.set_result(outcome)

    async def rest(self, seconds: float) -> None:
        """Pause before the next try; `wake` ends it early."""
        self.resting = asyncio.get_running_loop().create_future()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.resting, seconds)
        self.resting = None

    def wake(self) -> None:
        """End a pause."""
        if self.resting is not None and not self.resting.done():
            self.resting.set_result(None)
