"""A pretraining stage: from an encoder's own weights and texts of many languages to its weights.

Carried out as any training (`train`), so that it is resumed like any; what is its own is which rows
a step sees.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.masked_lm.joined import joined
from xlt_core.stages import PretrainStage
from xlt_core.stages.running import StageResult
from xlt_core.training.job import TrainingJob, TrainingMember
from xlt_core.training.mixing import MixedOrder, tempered
from xlt_core.training.order import limited, total_steps
from xlt_core.work.context import StageContext
from xlt_core.work.train import Work, carry_out, member_name


def pretrain_stage(stage: PretrainStage, context: StageContext) -> StageResult:
    """Pretrain and publish. Raises what `xlt_core.stage.run` says."""
    head = stage.texts[0].task
    return carry_out(stage, context, Work((head,), lambda splits: _job(stage, head, splits)))


def _job(stage: PretrainStage, head: str, splits: Mapping[str, EncodedSplit]) -> TrainingJob:
    """Texts and translations are one member: the same head learns of both."""
    split, rows = joined(splits, stage.masked)
    order = MixedOrder(
        head, split.lengths(), rows, _shares(stage), stage.recipe.batch_size, stage.seed
    )
    steps = total_steps(stage.recipe, order.batches_per_epoch)
    every = TrainingMember(head, split, limited(len(split), None))
    return TrainingJob(
        {head: every}, order, stage.recipe, steps, stage.seed, stage.position, stage.dropout
    )


def _shares(stage: PretrainStage) -> dict[str, float]:
    found: dict[str, float] = {}
    for refs, share in ((stage.texts, 1.0 - stage.parallel), (stage.translations, stage.parallel)):
        if share:
            sizes = {member_name(ref): ref.rows for ref in refs}
            each = tempered(sizes, stage.alpha)
            found |= {name: share * part for name, part in each.items()}
    return found
