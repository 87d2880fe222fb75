"""A training stage: from the parent's weights and the data to published weights.

The loop itself is `xlt_core.training.loop`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.embedding_subset import narrowed
from xlt_core.models.finite import check_finite
from xlt_core.models.head_spec import fitting_head
from xlt_core.models.learner import Learner, Weights
from xlt_core.models.weights_file import write_weights
from xlt_core.stages import PretrainStage, TrainStage
from xlt_core.stages.running import StageResult
from xlt_core.store.checkpoints import Checkpoints
from xlt_core.training.checkpoint import TrainingProgress
from xlt_core.training.job import TrainingJob, TrainingMember
from xlt_core.training.loop import Pace, Point, train
from xlt_core.training.methods import Scene, get_method
from xlt_core.training.methods.plain import complete
from xlt_core.training.optimizer import freeze, learning_rate
from xlt_core.training.order import BatchOrder, Indices, limited, total_steps
from xlt_core.training.precision import check_precision
from xlt_core.vocabulary.errors import NonFinite
from xlt_core.vocabulary.events import StageFinished, StageProgress, StageStarted
from xlt_core.vocabulary.fingerprint import derived_seed
from xlt_core.vocabulary.refs import DataRef
from xlt_core.work.context import WEIGHTS, StageContext, check_length, head_of
from xlt_core.work.record import about
from xlt_core.worker_cache import Trained

CURVE = "curve.json"


@dataclass(frozen=True)
class Work:
    """What is a stage's own of how it is trained.

    Attributes:
        heads: the tasks that it has heads for.
        job: what is to be trained, of its encoded splits by member's name.
    """

    heads: tuple[str, ...]
    job: Callable[[Mapping[str, EncodedSplit]], TrainingJob]


def train_stage(stage: TrainStage, context: StageContext) -> StageResult:
    """Train and publish. Raises what `xlt_core.stage.run` says."""
    heads = tuple(sorted({ref.task for ref in stage.data}))
    return carry_out(stage, context, Work(heads, lambda splits: _job(stage, splits)))


def carry_out(stage: TrainStage | PretrainStage, context: StageContext, work: Work) -> StageResult:
    """Train by `work` and publish. Raises what `xlt_core.stage.run` says."""
    started = time.time()
    device = context.device()
    check_precision(stage.recipe.precision, device)
    context.report(StageStarted(stage.title, stage=stage.key))
    parent = context.trained(stage.parent) if stage.parent else None
    splits = {member_name(ref): context.split(stage, ref, stage.recipe) for ref in stage.data}
    context.warm.loaded = ""
    model, heads = _model(stage, work.heads, parent, context)
    for name, split in splits.items():
        check_length(model, split, name)
    checkpoints = context.store.checkpoints(stage.key)
    with _begun_anew_where_not_finite(checkpoints):
        progress, job, frozen = _train(stage, context, work, model, parent, splits, device)
        trained = Trained(model.weights(), dict(model.specs))
        check_finite(trained.weights, stage.title)
    record = {
        **about(stage, context.settings, device, _first(progress, started), time.time()),
        **_account(progress),
        "examples": sum(len(member.rows) for member in job.members.values()),
        "heads": heads,
        "frozen": len(frozen),
        "precision": stage.recipe.precision,
        "bytes": trained.bytes,
    }
    _publish(stage, context, trained, progress, record)
    checkpoints.drop()
    context.warm.keep(stage.key, trained)
    context.warm.loaded = stage.key
    context.report(
        StageFinished(stage.title, progress.seconds, steps=progress.step, stage=stage.key)
    )
    return StageResult(stage.key, None, True, progress.seconds)


def _train(
    stage: TrainStage | PretrainStage,
    context: StageContext,
    work: Work,
    model: Learner,
    parent: Trained | None,
    splits: dict[str, EncodedSplit],
    device: torch.device,
) -> tuple[TrainingProgress, TrainingJob, list[str]]:
    """Train `model` in place; how it went, what was trained, and what was frozen."""
    checkpoints, method = context.store.checkpoints(stage.key), get_method(stage.recipe.method)
    whole = method.moves_all_words or _moves_all_words(splits.values())
    with nullcontext() if whole else narrowed(model, splits) as narrow:
        if narrow is not None:
            splits = {name: narrow.split(split) for name, split in splits.items()}
        job = work.job(splits)
        model.to(device)
        frozen = freeze(model, stage.recipe.freeze)
        origin = stage.origin
        pretrained = (
            context.warm.pretrained(stage.encoder)
            if origin in (None, stage)
            else _encoder_of(context.trained(origin).weights)
        )
        parents = [parent.weights] if parent else []
        options = complete(method.options, dict(stage.recipe.options))
        with method.begin(Scene(model, job, options, pretrained, parents, device)) as course:
            model.look_again()
            pace, tell = _pace(context, device), _teller(stage, context)
            progress = train(course, model, job, pace, checkpoints, tell)
        model.look_again()
        if narrow is not None:
            narrow.widen(_decay(job, frozen))
    return progress, job, frozen


def _encoder_of(weights: Weights) -> Weights:
    """Those of the encoder alone."""
    return {name: values for name, values in weights.items() if name.startswith("encoder.")}


def _moves_all_words(splits: Iterable[EncodedSplit]) -> bool:
    """Whether embeddings of words that occur nowhere in the rows are trained too."""
    return any(split.kind.learning.moves_all_words for split in splits)


@contextmanager
def _begun_anew_where_not_finite(checkpoints: Checkpoints) -> Iterator[None]:
    """Whoever tries a stage again that met such numbers shall not go on from where they grew."""
    try:
        yield
    except NonFinite:
        checkpoints.drop()
        raise


def _publish(
    stage: TrainStage | PretrainStage,
    context: StageContext,
    trained: Trained,
    progress: TrainingProgress,
    record: dict[str, object],
) -> None:
    with context.store.draft(stage.key) as draft:
        write_weights(trained.weights, draft.folder / WEIGHTS)
        (draft.folder / CURVE).write_text(json.dumps(progress.curve), encoding="utf-8")
        draft.publish(record)


def member_name(ref: DataRef) -> str:
    """What a stage calls the rows of one of its splits."""
    return f"{ref.task}[{ref.language}]"


def _pace(context: StageContext, device: torch.device) -> Pace:
    settings = context.settings
    return Pace(
        device,
        settings.micro_batch,
        settings.checkpoint_seconds,
        settings.log_steps,
        context.ending,
    )


def _teller(stage: TrainStage | PretrainStage, context: StageContext) -> Callable[[Point], None]:
    return lambda at: context.report(
        StageProgress(
            stage.title,
            at.step,
            at.steps,
            at.loss,
            at.learning_rate,
            at.tokens_per_second,
            stage=stage.key,
        )
    )


def _decay(job: TrainingJob, frozen: list[str]) -> float:
    """What weight decay has multiplied the words by that never occurred."""
    if any("word_embeddings" in name for name in frozen):
        return 1.0
    recipe, steps = job.recipe, job.steps
    rates = (learning_rate(recipe, step, steps) for step in range(steps))
    return math.prod(1.0 - rate * recipe.weight_decay for rate in rates)


def _rows(split: EncodedSplit, limit: int | None) -> Indices:
    """Features to train on; a limit counts examples, whose windows stay together."""
    chosen = limited(split.examples, limit)
    if len(chosen) == split.examples == len(split):
        return chosen
    return np.flatnonzero(np.isin(split.example_of_feature(), chosen))


def _job(stage: TrainStage, splits: Mapping[str, EncodedSplit]) -> TrainingJob:
    recipe = stage.recipe
    members = {
        member_name(ref): TrainingMember(ref.task, split, _rows(split, recipe.rows))
        for ref in stage.data
        for split in [splits[member_name(ref)]]
    }
    order = BatchOrder(
        {name: member.data.lengths() for name, member in members.items()},
        {name: member.rows for name, member in members.items()},
        recipe.batch_size,
        stage.seed,
        stage.position,
    )
    steps = total_steps(recipe, order.batches_per_epoch)
    return TrainingJob(members, order, recipe, steps, stage.seed, stage.position)


def _model(
    stage: TrainStage | PretrainStage,
    tasks: Iterable[str],
    parent: Trained | None,
    context: StageContext,
) -> tuple[Learner, dict[str, object]]:
    """The model to train, and what `stage.json` says of its heads."""
    model, pretrained = context.warm.model(stage.encoder)
    model.to("cpu")
    model.load(pretrained if parent is None else parent.weights)
    model.set_attention_dropout(stage.recipe.attention_dropout)
    heads: dict[str, object] = {}
    for task in tasks:
        wanted = head_of(task)
        model.add_head(task, wanted, derived_seed("head", stage.seed, stage.position, task))
        kept = None
        if parent is not None and stage.recipe.head == "keep":
            kept = fitting_head(parent.heads, task, wanted)
        if parent is not None and kept is not None:
            model.load_head(task, parent.weights, kept, parent.heads[kept].labels)
        heads[task] = {"kind": wanted.kind.name, "labels": list(wanted.labels), "kept_from": kept}
    return model, heads


def _account(progress: TrainingProgress) -> dict[str, object]:
    seconds = max(progress.seconds, 1e-9)
    return {
        "seconds": round(progress.seconds, 6),
        "steps": progress.step,
        "tokens": progress.tokens,
        "tokens_per_second": round(progress.tokens / seconds, 1),
        "attempts": progress.attempts,
    }


def _first(progress: TrainingProgress, started: float) -> float:
    return min([started, *(attempt["started"] for attempt in progress.attempts)])
