"""A warm worker: one process that computes stages and keeps models and data in memory.

The service owns workers and hands them bundles; see `service`. What a stage computes is
`xlt_core.stage.run`'s business.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ray

from sweeps.execution.ending import ProcessEnd
from sweeps.execution.here import own_node
from sweeps.execution.job import StageOutcome, StageStatus, SweepJob
from sweeps.execution.resources import memory_complaint
from sweeps.processes import uncollected
from xlt_core.plugins import require_same
from xlt_core.stage import run as run_stage
from xlt_core.stage import stored_answer
from xlt_core.stages import Stage
from xlt_core.store import Lease, Store
from xlt_core.store.place import default_scratch
from xlt_core.vocabulary.errors import (
    MachineFault,
    ParentMissing,
    ProcessEnding,
    StageCancelled,
)
from xlt_core.vocabulary.events import Event, StageProgress, StageStarted
from xlt_core.vocabulary.refs import EncoderRef

if TYPE_CHECKING:
    from ray.actor import ActorHandle

    from xlt_core.worker_cache import WorkerCache

PROGRESS_SECONDS = 0.5

log = logging.getLogger("xlt.worker")


class Worker:
    """Computes bundles of stages; lives as long as the service that owns it."""

    def __init__(self, service: ActorHandle, store: str) -> None:
        self._service = service
        self._place = store
        self._store: Store  # since `prepare`: a plug-in may say what kind of place it is
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._node = own_node()
        self._cancelled: set[str] = set()
        self._warm: WorkerCache | None = None
        self._last_progress = 0.0
        self._lock = threading.Lock()
        self._end = ProcessEnd()
        self._end.hear_sigterm()

    def hello(self) -> tuple[str, str]:
        """The cluster had room for this worker: its node, by Ray's id, and what it is called."""
        return ray.get_runtime_context().get_node_id(), self._name

    def prepare(self, job: SweepJob) -> int:
        """Import and open what stages need, ahead of the first one. Returns the process id.

        Raises:
            MachineFault: the worker's GPU has not the memory that training takes.
            UserMistake: the node lacks a plug-in.
            ImportError: it lacks what stages need.
        """
        job.lend_passwords()
        with uncollected():
            self._prepare(job)
        return os.getpid()

    def _prepare(self, job: SweepJob) -> None:
        require_same(job.plugins, job.code)
        self._store = Store(self._place)
        if job.settings.device == "cuda":
            _require_gpu()
        for encoder in job.encoders:
            opened = self._open_ahead(encoder)
            if opened and job.shape.gpus:
                self._look_at_memory(encoder, job.shape.gpus)

    def _open_ahead(self, encoder: EncoderRef) -> bool:
        """Open the encoder. What is wrong with it the first stage that needs it will say."""
        try:
            self._warm_up().tokenizer(encoder)
            self._warm_up().model(encoder)
        except Exception as error:
            log.warning("%s could not be opened ahead: %s", encoder.name, error)
            return False
        return True

    def _look_at_memory(self, encoder: EncoderRef, share: float) -> None:
        """Raise MachineFault where the GPU has no room to train `encoder` now."""
        from xlt_core.memory import gpu_memory, training_bytes

        memory = gpu_memory()
        if memory is not None:
            model, _ = self._warm_up().model(encoder)
            complaint = memory_complaint(training_bytes(model), *memory, share)
            if complaint:
                raise MachineFault(complaint)

    @ray.method(num_returns="streaming")
    def run(self, stages: Sequence[Stage], job: SweepJob) -> Iterator[StageOutcome]:
        """Compute `stages` in order; yield each outcome as it is known."""
        job.lend_passwords()
        with self._end.at_work():
            for stage in stages:
                yield self._one(stage, job)

    def farewell(self) -> None:
        """Return when this process has been told to end; it begins no stage from then on."""
        self._end.wait()

    def end(self) -> None:
        """Be told to end, as by SIGTERM."""
        os.kill(os.getpid(), signal.SIGTERM)

    def cancel(self, keys: Sequence[str]) -> None:
        """Stop these stages at their next report; they keep a checkpoint."""
        self._cancelled.update(keys)

    def _one(self, stage: Stage, job: SweepJob) -> StageOutcome:
        """Compute one stage under its lease, turning every error into an outcome."""
        began = time.time()
        lease = None
        try:
            if stage.key in self._cancelled:
                raise StageCancelled(stage.title)
            if self._end.told:
                return self._moved(stage, 0)
            require_same(job.plugins, job.code)  # it may have been prepared for another sweep
            lease = self._store.lease(stage.key, holder=self._name)
            if lease is None:
                return StageOutcome(stage.key, StageStatus.LEASED_ELSEWHERE)
            return self._compute(stage, job, lease)
        except StageCancelled:
            return StageOutcome(stage.key, StageStatus.STOPPED, cached_keys=self._cached_keys())
        except ProcessEnding as error:
            self._journal(stage, job, began, StageStatus.MOVED)
            return self._moved(stage, error.step)
        except ParentMissing as error:
            return StageOutcome(stage.key, StageStatus.PARENT_MISSING, error=str(error))
        except Exception as error:
            # Lost is mostly a machine's fault: full disk, lost mount, no memory.
            outcome = StageOutcome.ended(stage.key, error, job.plugins)
            self._journal(stage, job, began, outcome.status.value)
            return outcome
        finally:
            self._cancelled.discard(stage.key)
            if lease is not None:
                _in_any_case(lease.release, f"giving up the lease on {stage.title}")

    def _moved(self, stage: Stage, step: int) -> StageOutcome:
        log.warning("told to end: %s goes on elsewhere from step %d", stage.title, step)
        return StageOutcome(stage.key, StageStatus.MOVED, worker=self._name, step=step)

    def _compute(self, stage: Stage, job: SweepJob, lease: Lease) -> StageOutcome:
        stored = self._stored(stage)
        if stored is not None:
            return stored
        began = time.time()
        settings = replace(job.settings, cache=_cache_here(job.settings.cache))
        report = partial(self._report, lease)
        warm, ending = self._warm_up(), lambda: self._end.told
        result = run_stage(stage, self._store, report, settings, warm, ending)
        self._journal(stage, job, began, "done" if result.executed else "found")
        return StageOutcome(
            stage.key,
            StageStatus.DONE,
            answer=result.answer,
            executed=result.executed,
            seconds=result.seconds,
            cached_keys=self._cached_keys(),
        )

    def _stored(self, stage: Stage) -> StageOutcome | None:
        """The outcome of a stage that somebody published since it was asked for."""
        if not self._store.contains(stage.key):
            return None
        found = self._store.read(stage.key)
        if found is None:
            return None
        return StageOutcome(
            stage.key,
            StageStatus.DONE,
            answer=stored_answer(stage, found),
            cached_keys=self._cached_keys(),
        )

    def _report(self, lease: Lease, event: Event) -> None:
        """Pass an event on. Raises StageCancelled also where another has taken the stage over."""
        if event.stage in self._cancelled or lease.taken:
            raise StageCancelled(event.stage)
        if isinstance(event, StageProgress):
            if event.at - self._last_progress < PROGRESS_SECONDS:
                return
            self._last_progress = event.at
        if isinstance(event, StageStarted):
            event = replace(event, node=self._node, worker=str(os.getpid()))
        self._service.report.remote(event)

    def _journal(self, stage: Stage, job: SweepJob, began: float, ended: str) -> None:
        """Write the execution down; nothing that was computed is lost with a line of this book."""
        entry = {
            "key": stage.key,
            "kind": stage.kind,
            "sweep": job.sweep,
            "worker": self._name,
            "began": round(began, 3),
            "seconds": round(time.time() - began, 4),
            "ended": ended,
        }
        write = partial(self._store.record_execution, entry)
        _in_any_case(write, f"noting that {stage.title} was {ended}")

    def _warm_up(self) -> WorkerCache:
        with self._lock:
            if self._warm is None:
                from xlt_core.worker_cache import WorkerCache

                self._warm = WorkerCache()
            return self._warm

    def _cached_keys(self) -> tuple[str, ...]:
        return tuple(self._warm.held()) if self._warm is not None else ()


def _cache_here(wanted: Path) -> Path:
    """Where this node keeps encoded data: with the sweeps, where it sees their folder too."""
    return wanted if wanted.parent.is_dir() else default_scratch() / "cache"


def _require_gpu() -> None:
    """Raise MachineFault where torch cannot use the GPU that Ray counts: no stage's fault."""
    from xlt_core.memory import gpu_memory

    if gpu_memory() is None:
        raise MachineFault("execution.device is cuda, but torch finds no GPU on this node")


def _in_any_case(work: Callable[[], None], what: str) -> None:
    """Do what no outcome may depend on."""
    try:
        work()
    except Exception as error:
        log.warning("%s failed: %s", what, error)
