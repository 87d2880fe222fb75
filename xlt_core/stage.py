"""The engine's one door: `run(stage, store, report)` computes one stage and publishes it.

It knows nothing of searching, Ray or MLflow and runs in a plain process. What is passed in
`Settings` cannot change a result beyond rounding. The work itself is in `xlt_core.work`, imported
when a stage is run, so that planning a sweep does not wait for torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.scores import Scores
from xlt_core.vocabulary.stage import Stage

if TYPE_CHECKING:
    from xlt_core.store import Store
    from xlt_core.warm import Warm


@dataclass(frozen=True)
class Settings:
    """How stages are executed here; nothing of it enters a key.

    Attributes:
        cache: folder for encoded data.
        device: `cpu`, `cuda`, or `auto`.
        threads: torch threads; one count a sweep, recorded with each stage.
        micro_batch: examples a forward pass holds at once; None for the whole batch.
        checkpoint_seconds: seconds between mid-stage checkpoints.
        log_steps: optimiser steps between two points of the loss curve.
        executor: free labels written to `stage.json` (which sweep, which worker).
    """

    cache: Path
    device: str = "auto"
    threads: int = 1
    micro_batch: int | None = None
    checkpoint_seconds: float = 60.0
    log_steps: int = 10
    executor: dict[str, Any] = field(default_factory=dict)


Report = Callable[[Event], None]


@dataclass(frozen=True)
class StageResult:
    """What became of a stage.

    Attributes:
        key: the stage's.
        scores: of an evaluation, else None.
        executed: False where the store held the stage already.
        seconds: computing time over all attempts, as published.
    """

    key: str
    scores: Scores | None
    executed: bool
    seconds: float


def run(
    stage: Stage, store: Store, report: Report, settings: Settings, warm: Warm | None = None
) -> StageResult:
    """Compute `stage` and publish it, unless it is in the store.

    Args:
        store: where its parent is read and its result is published.
        report: is told stage_started, stage_progress (every `log_steps` steps) and
            stage_finished; may raise StageCancelled.
        warm: what stays in memory between calls; results are the same without.

    Raises:
        ParentMissing: the weights it starts from are not in the store.
        NonFinite, DataChanged: trying again would only repeat it.
        StageCancelled: `report` raised it; a checkpoint was saved.
        UserMistake: recipe and encoder do not go together, or data cannot be read.
        OSError: the disk or network failed.
    """
    found = store.read(stage.key)
    if found is not None:
        scores = _scores(found.json("scores.json")) if stage.kind == "evaluate" else None
        return StageResult(stage.key, scores, False, float(found.about.get("seconds", 0.0)))
    from xlt_core.work import execute

    return execute(stage, store, report, settings, warm)


def _scores(record: dict[str, Any]) -> Scores:
    return Scores(**record)
