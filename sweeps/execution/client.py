"""Asking the stage service, and asking again when it or its node died in between.

Requests are idempotent: what was finished is in the store, what runs is joined.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ray
from ray.exceptions import (
    ActorDiedError,
    ActorUnavailableError,
    GetTimeoutError,
    RayActorError,
    RayError,
)

from sweeps.execution.job import StageOutcome, StageStatus, SweepJob
from sweeps.execution.service import StageService
from sweeps.spec.desired_state import DesiredState
from xlt_core.stages import Stage
from xlt_core.vocabulary.events import Event

NAMESPACE = "xlt"
RETRY_SECONDS = 0.2
log = logging.getLogger("xlt.client")

if TYPE_CHECKING:
    from ray.actor import ActorHandle


def get_service(job: SweepJob) -> ActorHandle:
    """The service of the job's store on this cluster, started if there is none."""
    return (
        ray.remote(StageService)
        .options(
            name=job.service,
            namespace=NAMESPACE,
            get_if_exists=True,
            lifetime="detached",
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=0,
            max_concurrency=10_000,
        )
        .remote(job.store, job.plugins, job.code)
    )


def answering(stage: Stage, outcome: StageOutcome) -> StageOutcome:
    """The outcome, unless it is of something else: then nothing is to be learnt from it."""
    if outcome.key == stage.key:
        return outcome
    error = (
        f"{stage.title} was computed as another stage ({outcome.key[:12]}, not {stage.key[:12]}): "
        "the cluster runs other code than this process; have one version of it everywhere"
    )
    return StageOutcome(stage.key, StageStatus.FAILED, error=error)


class ServiceClient:
    """One sweep's view of the service."""

    def __init__(self, job: SweepJob) -> None:
        self._job = job
        self._service: ActorHandle | None = None

    def compute(self, trial: int, stages: Sequence[Stage]) -> list[StageOutcome]:
        """Await the outcomes of `stages`, in order; asks again after a loss of the service."""
        while True:
            try:
                reference = self.service.compute.remote(self._job, trial, list(stages))
                outcomes: list[StageOutcome] = ray.get(reference)
                return [answering(stage, one) for stage, one in zip(stages, outcomes, strict=True)]
            except RayActorError as error:
                self._lost(error)

    def heartbeat(self, desired: DesiredState, after: int, wait: float) -> list[tuple[int, Event]]:
        """Tell the service what is desired of the sweep; return events after number `after`."""
        try:
            events: list[tuple[int, Event]] = ray.get(
                self.service.heartbeat.remote(self._job, desired, after, wait), timeout=wait + 10
            )
            return events
        except (RayActorError, GetTimeoutError) as error:
            self._lost(error)
            return []

    def processes(self) -> dict[str, int]:
        """Process ids of the service and its workers."""
        found: dict[str, int] = ray.get(self.service.processes.remote())
        return found

    def leave(self) -> None:
        """The driver goes."""
        with contextlib.suppress(RayError):
            ray.get(self.service.leave.remote(self._job.identity), timeout=5)

    @property
    def service(self) -> ActorHandle:
        """The actor's handle."""
        if self._service is None:
            self._service = get_service(self._job)
        return self._service

    def _lost(self, error: Exception) -> None:
        """Ray restarts the service under its name; a dead name is looked up anew.

        Ray offers no event for a restart, so this waits a moment before the next try.
        """
        threading.Event().wait(RETRY_SECONDS)
        log.warning("the stage service did not answer (%s); asking again", type(error).__name__)
        if isinstance(error, ActorDiedError) and not isinstance(error, ActorUnavailableError):
            self._service = None
