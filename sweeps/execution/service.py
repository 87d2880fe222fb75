"""The stage service: every stage once, whoever asks, however often (single flight).

One named async Ray actor a store. A request is answered from the store, joined to the same stage
in flight, or scheduled on a worker (`scheduling` decides which, `staffing` has them there). The
service owns all stage work: a dying trial takes nothing with it. When the service itself dies Ray
restarts it empty, clients ask again, and the store answers what was finished. What a machine's
fault ends is tried again after growing pauses; a full disk is waited out, however long it takes.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace

from sweeps.execution.in_flight import InFlightStage, Waiters
from sweeps.execution.job import StageOutcome, StageStatus, SweepJob
from sweeps.execution.retries import Retries
from sweeps.execution.scheduling import Ready, assign, hands
from sweeps.execution.sessions import SessionRegistry
from sweeps.execution.staffing import Staffing
from sweeps.spec.desired_state import DesiredState
from xlt_core.plugins import import_plugins, require_same
from xlt_core.stage import stored_answer
from xlt_core.stages import Stage, lineage
from xlt_core.store import Store
from xlt_core.vocabulary.errors import UserMistake, is_machines_fault
from xlt_core.vocabulary.events import Event, StageStarted

log = logging.getLogger("xlt.service")

FOREIGN_POLL_SECONDS = 0.5
SILENT_DRIVER_SECONDS = 60.0
_TRIED_AGAIN = (
    StageStatus.LOST,
    StageStatus.MOVED,
    StageStatus.LEASED_ELSEWHERE,
    StageStatus.PARENT_MISSING,
)


def _import_for_the_store(plugins: tuple[str, ...], code: str) -> str:
    """It may be a place of a kind that a plug-in brings. Which is missing, workers will say.

    Returns:
        What is wrong where they are others here than where the sweep is run from; else nothing.
    """
    try:
        import_plugins(plugins)
    except UserMistake as error:
        log.warning("%s", error)
        return ""
    try:
        require_same(plugins, code)
    except UserMistake as error:
        return str(error)
    return ""


class StageService:
    """See the module's page. All state is touched by the actor's one event loop only."""

    def __init__(self, store: str, plugins: tuple[str, ...] = (), code: str = "") -> None:
        self._amiss = _import_for_the_store(plugins, code)
        self._store = Store(store)
        self._sessions = SessionRegistry()
        self._staffing = Staffing(store, self._sessions, self._dispatch, self._spawn)
        self._pool = self._staffing.pool
        self._flights: dict[str, InFlightStage] = {}
        self._retries = Retries(self._flights, self._sessions)
        self._stored: set[str] = set()
        self._orders = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- what drivers ask

    async def heartbeat(
        self, job: SweepJob, desired: DesiredState, after: int, wait: float
    ) -> list[tuple[int, Event]]:
        """Note the sweep and what is desired of it; return events after number `after`."""
        self._enter(job)
        if self._sessions.change(job.identity, desired):
            self._desired_changed(job.identity)
        return await self._sessions.events(job.identity, after, wait)

    async def leave(self, sweep: str) -> None:
        """The driver goes; whatever only it wanted is cancelled."""
        job = self._sessions.job(sweep)
        self._sessions.leave(sweep)
        self._desired_changed(sweep)
        if job is not None:
            self._staffing.let_go(job.grace_seconds)

    async def report(self, event: Event) -> None:
        """A worker's event, passed on to every sweep that waits for its stage."""
        flight = self._flights.get(event.stage)
        if flight is not None:
            flight.begun |= isinstance(event, StageStarted)
            self._sessions.tell(flight.sweeps(), event)

    async def processes(self) -> dict[str, int]:
        """Process ids of the service and its workers, by name."""
        return {"service": os.getpid(), **self._pool.pids()}

    # ---- what trials ask

    async def compute(
        self, job: SweepJob, trial: int, stages: Sequence[Stage]
    ) -> list[StageOutcome]:
        """Compute `stages` and all they need; return their outcomes in the same order.

        Stages of lower-numbered trials go first. Returns when each is done, has failed, or was
        stopped with its sweep.
        """
        if self._amiss:  # it would not even know which stages are asked for
            return [
                StageOutcome(stage.key, StageStatus.FAILED, error=self._amiss) for stage in stages
            ]
        self._enter(job)
        waiters = {f"{job.identity}/{trial}": (job.identity, trial)}
        await self._look_up(needed.key for stage in stages for needed in lineage(stage))
        obtained = (self._obtain(stage, job, waiters) for stage in stages)
        return list(await asyncio.gather(*obtained))

    # ---- one stage

    async def _look_up(self, keys: Iterable[str]) -> None:
        """Learn which of `keys` the store has, all at once."""
        unknown = {key for key in keys if key not in self._stored and key not in self._flights}
        if unknown:
            try:
                self._stored |= await asyncio.to_thread(self._store.contains_all, unknown)
            except Exception as error:  # each stage is looked for again when its turn comes
                if not is_machines_fault(error):
                    raise
                log.warning("the store could not be asked: %s", error)

    async def _obtain(self, stage: Stage, job: SweepJob, waiters: Waiters) -> StageOutcome:
        """Join the stage in flight or begin it; await its outcome."""
        flight = self._flights.get(stage.key)
        if flight is None:
            result = asyncio.get_running_loop().create_future()
            flight = InFlightStage(stage, job, result, next(self._orders), dict(waiters))
            self._flights[stage.key] = flight
            self._spawn(self._drive(flight))
        else:
            for needed in lineage(stage):  # whoever waits for a stage waits for its ancestors
                if needed.key in self._flights:
                    self._flights[needed.key].waiters.update(waiters)
        return await asyncio.shield(flight.result)

    async def _drive(self, flight: InFlightStage) -> None:
        """See one stage through to its outcome; never raises."""
        try:
            outcome = await self._outcome(flight)
        except Exception as error:
            log.exception("the service failed on %s", flight.stage.title)
            outcome = StageOutcome(
                flight.stage.key, StageStatus.FAILED, error=f"{type(error).__name__}: {error}"
            )
        del self._flights[flight.stage.key]
        self._pool.over(flight.stage.key)
        if outcome.status == StageStatus.DONE:
            self._stored.add(flight.stage.key)
        self._announce(flight, outcome)
        flight.result.set_result(outcome)
        if flight.full:
            self._retries.over(flight, outcome)
            self._dispatch()

    async def _outcome(self, flight: InFlightStage) -> StageOutcome:
        """Try until there is a last word."""
        while True:
            outcome = await self._tried(flight)
            if outcome.status == StageStatus.MOVED:
                self._sessions.tell(flight.sweeps(), flight.moved(outcome))
            if outcome.status == StageStatus.LOST:
                outcome = await self._retries.lost(flight, outcome)
            if outcome.status == StageStatus.STOPPED and not self._sessions.over(flight.sweeps()):
                continue  # withdrawn for one sweep just as another began to want it
            if outcome.status not in _TRIED_AGAIN:
                return outcome

    async def _tried(self, flight: InFlightStage) -> StageOutcome:
        """What comes of one try. What fails of the service's own doing is as a worker's failure."""
        stage = flight.stage
        try:
            found = await self._from_store(stage)
            if found is not None:
                return found
            if not self._sessions.over(flight.sweeps()):
                missing = await self._parents_missing(flight)
                if missing is not None:
                    return replace(missing, key=stage.key, answer=None, executed=False)
            outcome = await self._dispatched(flight)
            if outcome.status == StageStatus.PARENT_MISSING:
                self._stored.difference_update(parent.key for parent in stage.parents)
            if outcome.status == StageStatus.LEASED_ELSEWHERE:
                await self._wait_for_foreign(stage)
            return outcome
        except Exception as error:
            log.warning("the service could not see to %s", stage.title, exc_info=True)
            return StageOutcome.lost(stage.key, error)

    async def _parents_missing(self, flight: InFlightStage) -> StageOutcome | None:
        """Have all parents computed; the outcome of the first that was not, if there is one."""
        parents = flight.stage.parents
        begun = (self._obtain(parent, flight.job, flight.waiters) for parent in parents)
        outcomes = await asyncio.gather(*begun)
        return next((outcome for outcome in outcomes if outcome.status != StageStatus.DONE), None)

    async def _from_store(self, stage: Stage) -> StageOutcome | None:
        if stage.key not in self._stored:
            return None
        if stage.answer is None:
            return StageOutcome(stage.key, StageStatus.DONE)
        found = await asyncio.to_thread(self._store.read, stage.key)
        if found is None:  # damaged, and set aside by the store
            self._stored.discard(stage.key)
            return None
        return StageOutcome(stage.key, StageStatus.DONE, answer=stored_answer(stage, found))

    async def _dispatched(self, flight: InFlightStage) -> StageOutcome:
        """Wait for a worker and for what it says; nothing begins for sweeps that are over."""
        if self._sessions.over(flight.sweeps()):
            return StageOutcome(flight.stage.key, StageStatus.STOPPED)
        flight.ready = asyncio.get_running_loop().create_future()
        self._dispatch()
        try:
            return await flight.ready
        finally:
            flight.ready, flight.worker = None, ""

    async def _wait_for_foreign(self, stage: Stage) -> None:
        """Another cluster computes the stage: wait until it publishes or falls silent."""
        while True:
            await asyncio.sleep(FOREIGN_POLL_SECONDS)
            if await asyncio.to_thread(self._store.contains, stage.key):
                self._stored.add(stage.key)
                return
            if await asyncio.to_thread(self._store.lease_holder, stage.key) is None:
                return

    # ---- handing out work

    def _dispatch(self) -> None:
        """Hand ready stages to idle workers; replace workers that were lost."""
        waiting = {
            key: flight
            for key, flight in self._flights.items()
            if flight.ready is not None
            and not flight.worker
            and self._sessions.wanted(flight.sweeps())
            and self._retries.may_begin(flight)
        }
        ready = [self._ready(flight) for flight in waiting.values()]
        self._staffing.scale_up((flight.needed for flight in waiting.values()), hands(ready))
        hopeless = self._without_hope(waiting)
        ready = [item for item in ready if item.stage.key not in hopeless]
        for assignment in assign(ready, self._pool.idle(), self._pool.cached_keys()):
            for stage in assignment.stages:
                waiting[stage.key].worker = assignment.worker
            job = waiting[assignment.stages[0].key].needed
            self._spawn(self._pool.run(assignment.worker, assignment.stages, job, self._finish))
            self._pool.occupy(assignment.worker)
        left = hands(item for item in ready if not waiting[item.stage.key].worker)
        self._staffing.settle(left)

    def _ready(self, flight: InFlightStage) -> Ready:
        shape = flight.needed.shape
        shunned = self._pool.shunned(shape, flight.lost_on)
        return Ready(flight.stage, flight.priority, flight.order, shape, shunned)

    def _without_hope(self, waiting: Mapping[str, InFlightStage]) -> set[str]:
        """Settle the stages for which no worker can be started; later ones are another try."""
        found = {key: self._staffing.hopeless(f.needed, key) for key, f in waiting.items()}
        for outcome in found.values():
            if outcome is not None:
                self._finish(outcome)
                self._pool.forgive(waiting[outcome.key].needed.shape)
        return {key for key, outcome in found.items() if outcome is not None}

    def _finish(self, outcome: StageOutcome) -> None:
        flight = self._flights.get(outcome.key)
        if flight is not None:
            if outcome.status == StageStatus.LOST:
                flight.lost_on.add(flight.worker)
            flight.finish(outcome)

    def _withdraw(self, flight: InFlightStage) -> None:
        """Take back a stage: at once if it has not begun, else at its worker's next report."""
        if flight.worker:
            self._pool.cancel(flight.worker, flight.stage.key)
        else:
            flight.wake()
            flight.finish(StageOutcome(flight.stage.key, StageStatus.STOPPED))

    # ---- sweeps

    def _enter(self, job: SweepJob) -> None:
        job.lend_passwords()
        if self._sessions.enter(job):
            if len(self._sessions) == 1:
                self._spawn(self._watch())
            self._staffing.welcome(job)

    async def _watch(self) -> None:
        """Release what sweeps wanted whose drivers have fallen silent."""
        while len(self._sessions):
            await asyncio.sleep(SILENT_DRIVER_SECONDS / 4)
            for sweep in self._sessions.silent(SILENT_DRIVER_SECONDS):
                log.warning("the driver of %s fell silent; its stages are released", sweep)
                await self.leave(sweep)

    def _desired_changed(self, sweep: str) -> None:
        """Apply what is newly desired of a sweep to the stages that no other sweep wants."""
        cancelled = self._sessions.desired(sweep) == DesiredState.CANCEL
        for flight in list(self._flights.values()):
            unwanted = sweep in flight.sweeps() and self._sessions.over(flight.sweeps())
            if unwanted and (cancelled or not flight.worker):
                self._withdraw(flight)
        self._dispatch()

    # ---- telling

    def _announce(self, flight: InFlightStage, outcome: StageOutcome) -> None:
        """Tell the sweeps how a stage ended."""
        self._sessions.tell(flight.sweeps(), flight.ended(outcome))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
