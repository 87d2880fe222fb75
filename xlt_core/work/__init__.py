"""What `xlt_core.stage.run` does: train a stage, or evaluate one. Imports torch.

`train` and `evaluate` join the parts (data, models, training, store); `record` says what is kept.
"""

from __future__ import annotations

import torch

from xlt_core.stage import Report, Settings, StageResult
from xlt_core.store import Store
from xlt_core.vocabulary.stage import EvaluateStage, Stage
from xlt_core.warm import Warm
from xlt_core.work.desk import Desk
from xlt_core.work.evaluate import evaluate_stage
from xlt_core.work.train import train_stage

__all__ = ["execute"]


def execute(
    stage: Stage, store: Store, report: Report, settings: Settings, warm: Warm | None
) -> StageResult:
    """Compute a stage that is not in the store; see `xlt_core.stage.run`."""
    if torch.get_num_threads() != settings.threads:
        torch.set_num_threads(settings.threads)
    desk = Desk(store, report, settings, warm or Warm())
    if isinstance(stage, EvaluateStage):
        return evaluate_stage(stage, desk)
    return train_stage(stage, desk)
