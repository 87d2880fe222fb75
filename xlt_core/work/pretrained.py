"""A pretrained stage: see that the encoder opens, and write down that its weights are it."""

from __future__ import annotations

import time

from xlt_core.stages.pretrained import PretrainedStage
from xlt_core.stages.running import StageResult
from xlt_core.vocabulary.events import StageFinished, StageStarted
from xlt_core.work.context import PRETRAINED, StageContext
from xlt_core.work.record import about


def pretrained_stage(stage: PretrainedStage, context: StageContext) -> StageResult:
    """Open and publish. Raises what `xlt_core.stage.run` says."""
    started, clock = time.time(), time.monotonic()
    context.report(StageStarted(stage.title, stage=stage.key))
    context.warm.pretrained(stage.encoder)
    seconds = time.monotonic() - clock
    record = {
        **about(stage, context.settings, context.device(), started, time.time()),
        "seconds": round(seconds, 6),
        "steps": 0,
        "heads": {},
        PRETRAINED: True,
    }
    with context.store.draft(stage.key) as draft:
        draft.publish(record)
    context.report(StageFinished(stage.title, seconds, steps=0, stage=stage.key))
    return StageResult(stage.key, None, True, seconds)
