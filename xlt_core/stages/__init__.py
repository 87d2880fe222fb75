"""Stages: one piece of work with one result each. One file a kind, one line each here.

`stage` says what a kind of stage is, `tree` merges those that many paths share. The work itself is
`xlt_core.work`'s, through the one door `xlt_core.stage`. A new kind passes
`xlt_core.testing.stage_kinds.StageKindSuite`.
"""

from __future__ import annotations

from xlt_core.stages.evaluate import EvaluateStage
from xlt_core.stages.pretrain import PretrainStage
from xlt_core.stages.pretrained import PretrainedStage
from xlt_core.stages.stage import Stage, WeightsStage, lineage
from xlt_core.stages.train import TrainStage

__all__ = [
    "KINDS",
    "EvaluateStage",
    "PretrainStage",
    "PretrainedStage",
    "Stage",
    "TrainStage",
    "WeightsStage",
    "lineage",
]

KINDS: dict[str, type[Stage]] = {
    TrainStage.kind: TrainStage,
    EvaluateStage.kind: EvaluateStage,
    PretrainedStage.kind: PretrainedStage,
    PretrainStage.kind: PretrainStage,
}
