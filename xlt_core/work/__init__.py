"""What `xlt_core.stage.run` does: one function a kind of stage, one line each here. Imports torch.

They join the parts (data, models, training, store); `record` says what is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from xlt_core.heap import give_back
from xlt_core.stages import EvaluateStage, PretrainedStage, Stage, TrainStage
from xlt_core.stages.running import Report, Settings, StageResult
from xlt_core.store import Store
from xlt_core.work.context import StageContext
from xlt_core.work.evaluate import evaluate_stage
from xlt_core.work.pretrained import pretrained_stage
from xlt_core.work.train import train_stage
from xlt_core.worker_cache import WorkerCache

__all__ = ["EXECUTORS", "execute"]

# By kind: computes a stage of it and publishes it. Raises what `xlt_core.stage.run` says.
EXECUTORS: dict[str, Callable[[Any, StageContext], StageResult]] = {
    TrainStage.kind: train_stage,
    EvaluateStage.kind: evaluate_stage,
    PretrainedStage.kind: pretrained_stage,
}


def execute(
    stage: Stage, store: Store, report: Report, settings: Settings, warm: WorkerCache | None
) -> StageResult:
    """Compute a stage that is not in the store; see `xlt_core.stage.run`."""
    if torch.get_num_threads() != settings.threads:
        torch.set_num_threads(settings.threads)
    try:
        return EXECUTORS[stage.kind](
            stage, StageContext(store, report, settings, warm or WorkerCache())
        )
    finally:
        give_back()
