"""An evaluation stage: the trained weights it names, one split, its scores and predictions.

Computed in the precision that the weights were trained in, unless the stage says otherwise.
"""

from __future__ import annotations

import json
import time

import torch

from xlt_core.evaluation.evaluate import PREDICTIONS, evaluate, write_predictions
from xlt_core.kinds.gold import check_planned
from xlt_core.kinds.outputs import Rows
from xlt_core.models.head_spec import fitting_head
from xlt_core.models.learner import Learner
from xlt_core.stages import EvaluateStage
from xlt_core.stages.evaluate import SCORES
from xlt_core.stages.running import StageResult
from xlt_core.tasks import get_task
from xlt_core.training.precision import autocast, check_precision
from xlt_core.training.reproducible import reproducible
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.events import StageFinished, StageStarted
from xlt_core.vocabulary.refs import DataRef
from xlt_core.work.context import StageContext, check_length, head_of
from xlt_core.work.record import about


def evaluate_stage(stage: EvaluateStage, context: StageContext) -> StageResult:
    """Score and publish. Raises what `xlt_core.stage.run` says."""
    started, clock = time.time(), time.monotonic()
    device = context.device()
    reading = stage.reading
    check_precision(reading.precision, device)
    context.report(StageStarted(stage.title, stage=stage.key))
    model, head = trained_model(stage, context, device)
    ref = stage.data
    task = get_task(ref.task)
    rows = _rows(stage, context, model)
    with reproducible(device), autocast(reading.precision, device):
        predictions, scores = evaluate(model, rows, task, ref.language, ref.split, head=ref.task)
    seconds = time.monotonic() - clock
    answer = scores.to_json()
    tokens = sum(int(part.split.tokens().sum()) for part in (rows, *rows.beside))
    record: dict[str, object] = {
        **about(stage, context.settings, device, started, time.time()),
        "seconds": round(seconds, 6),
        "head": head,
        "examples": len(rows.examples),
        "precision": reading.precision,
        "rows_cut": rows.split.rows_cut,
        "tokens": tokens,
        "tokens_per_second": round(tokens / max(seconds, 1e-9), 1),
        "scores": answer,
    }
    with context.store.draft(stage.key) as draft:
        write_predictions(draft.folder / PREDICTIONS, rows.examples, predictions, task)
        (draft.folder / SCORES).write_text(json.dumps(answer), encoding="utf-8")
        draft.publish(record)
    context.report(StageFinished(stage.title, seconds, scores=answer, stage=stage.key))
    return StageResult(stage.key, answer, True, seconds)


def _rows(stage: EvaluateStage, context: StageContext, model: Learner) -> Rows:
    """What is scored, and what is read beside it, as they were planned. Raises DataChanged."""

    def read(ref: DataRef, *beside: Rows) -> Rows:
        split = context.split(stage.trained, ref, stage.reading)
        check_length(model, split, f"{ref.task}[{ref.language}]")
        examples = split.gold()
        check_planned(ref, examples)
        return Rows(split, examples, beside, ref.split, ref.language)

    return read(stage.data, *(read(ref) for ref in stage.beside))


def trained_model(
    stage: EvaluateStage, context: StageContext, device: torch.device
) -> tuple[Learner, str]:
    """The trained encoder with a head under the evaluated task's name, and whose head it was.

    Raises:
        ParentMissing: the trained stage is not in the store.
        UserMistake: none of its heads can predict the task.
    """
    trained = context.trained(stage.trained)
    task, wanted = stage.data.task, head_of(stage.data.task)
    source = fitting_head(trained.heads, task, wanted)
    if source is None:
        there = ", ".join(trained.heads)
        what = f"the trained model has heads for {there}, none of which fits"
        raise UserMistake(
            Mistake(task, what, f"train on a {wanted.kind.name} task of the same labels")
        )
    model, _ = context.warm.model(stage.trained.encoder)
    model.to(device)
    if context.warm.loaded != stage.trained.key:
        model.load(trained.weights)
        context.warm.loaded = stage.trained.key
    model.add_head(task, wanted, seed=0)
    if source in trained.heads:
        model.load_head(task, trained.weights, source, trained.heads[source].labels)
    return model, source
