"""What `xlt_core.stage.run` does: one function a kind of stage, one line each here.

They join the parts (data, models, training, store); `record` says what is kept. They import torch,
when they are first called: adding to the table does not wait for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xlt_core.heap import give_back
from xlt_core.stages import EvaluateStage, PretrainedStage, PretrainStage, Stage, TrainStage
from xlt_core.stages.running import Report, Settings, StageResult
from xlt_core.vocabulary.ending import Ending

if TYPE_CHECKING:
    from xlt_core.store import Store
    from xlt_core.work.context import StageContext
    from xlt_core.worker_cache import WorkerCache

__all__ = ["EXECUTORS", "Executor", "execute"]

# Computes a stage and publishes it. Raises what `xlt_core.stage.run` says.
Executor = Callable[[Any, "StageContext"], StageResult]


def _late(module: str, function: str) -> Executor:
    """The function, its module imported when it is first called."""

    def compute(stage: Stage, context: StageContext) -> StageResult:
        executor: Executor = getattr(importlib.import_module(module), function)
        return executor(stage, context)

    return compute


EXECUTORS: dict[str, Executor] = {
    TrainStage.kind: _late("xlt_core.work.train", "train_stage"),
    EvaluateStage.kind: _late("xlt_core.work.evaluate", "evaluate_stage"),
    PretrainedStage.kind: _late("xlt_core.work.pretrained", "pretrained_stage"),
    PretrainStage.kind: _late("xlt_core.work.pretrain", "pretrain_stage"),
}


def execute(
    stage: Stage,
    store: Store,
    report: Report,
    settings: Settings,
    warm: WorkerCache | None,
    ending: Ending,
) -> StageResult:
    """Compute a stage that is not in the store; see `xlt_core.stage.run`."""
    from xlt_core.work.context import StageContext
    from xlt_core.worker_cache import WorkerCache

    try:
        context = StageContext(store, report, settings, warm or WorkerCache(), ending)
        return EXECUTORS[stage.kind](stage, context)
    finally:
        give_back()
