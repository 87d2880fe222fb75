"""What crosses between driver, coordinators, service and workers: plain picklable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.spec.prepare import Prepared
from sweeps.spec.sweep import Sweep
from xlt_core.stage import Settings
from xlt_core.vocabulary.stage import EncoderRef

DONE = "done"  # computed now or found in the store
FAILED = "failed"  # its own error; trying again would only repeat it
LOST = "lost"  # the machine's fault; worth another try
STOPPED = "stopped"  # the sweep was stopped or cancelled before it ran
HELD = "held"  # another cluster is computing it
ORPHANED = "orphaned"  # the parent's weights are no longer in the store


@dataclass(frozen=True)
class Shape:
    """What a worker occupies."""

    threads: int = 1
    gpus: float = 0.0


@dataclass(frozen=True)
class Job:
    """What the service must know of the sweep that asks.

    Attributes:
        sweep: its name.
        store: URL of the stage store; one service serves one store.
        settings: how stages are executed (`executor` names the sweep).
        workers: most stages of this shape at once.
        max_attempts: tries of a stage whose worker or node is lost.
        encoder: opened by workers ahead of their first stage; None to leave that.
        runner: `module:function` that computes a stage, for tests and benchmarks of the
            machinery itself.
    """

    sweep: str
    store: str
    settings: Settings
    shape: Shape = Shape()
    workers: int = 1
    max_attempts: int = 3
    encoder: EncoderRef | None = None
    runner: str = "xlt_core.stage:run"


@dataclass(frozen=True)
class Outcome:
    """What became of one stage.

    Attributes:
        status: one of the words above.
        scores: `scores.json` of an evaluation that is done.
        error: one or more lines for people, where it failed or was lost.
        executed: whether it was computed now (not found in the store).
        holds: keys the worker has in memory afterwards.
    """

    key: str
    status: str
    scores: Mapping[str, Any] | None = None
    error: str = ""
    executed: bool = False
    seconds: float = 0.0
    holds: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Assignment:
    """What every coordinator of a sweep knows."""

    sweep: Sweep
    prepared: Prepared
    job: Job
