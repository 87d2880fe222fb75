"""Publishing for others: the model of an evaluation as a folder that transformers loads.

What is written is the very model that the evaluation scored, under the evaluated task's head and
labels. Next: `xlt_core.models.published`, which knows where transformers has the weights.
"""

from __future__ import annotations

from pathlib import Path

import torch

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.models.published import write_published
from xlt_core.stages import EvaluateStage
from xlt_core.stages.running import Settings
from xlt_core.store import Store
from xlt_core.work.context import StageContext
from xlt_core.work.evaluate import trained_model
from xlt_core.worker_cache import WorkerCache


def publish_model(stage: EvaluateStage, store: Store, cache: Path, folder: Path) -> AutoClass:
    """Write the model that `stage` scores; which class it is for.

    Raises:
        ParentMissing: its weights are not in the store.
        DataChanged: the encoder is not what it was.
        UserMistake: transformers has no class for it.
    """
    settings = Settings(cache, device="cpu", threads=torch.get_num_threads())
    context = StageContext(store, lambda event: None, settings, WorkerCache())
    learner, _ = trained_model(stage, context, torch.device("cpu"))
    return write_published(learner, stage.data.task, folder)
