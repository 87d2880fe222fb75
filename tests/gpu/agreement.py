"""Does the device compute what a CPU computes: losses and scores, every kind, either precision.

With dropout, whose masks are the same on every device; once more without the encoder's attention
dropout, where a GPU computes real tokens alone in bfloat16 and a CPU pads. The first loss says
whether the forward pass agrees, the last whether all steps of backward pass and AdamW do; scores
are of rows that were not trained on, computed in the precision of the training.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from tests.gpu.rows import Row
from tests.gpu.world import (
    Folder,
    Machine,
    make_job,
    make_model,
    make_pace,
    make_split,
    train,
    trained_kinds,
    with_heads,
)
from xlt_core.kinds import TaskKind
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.masked_lm import MASKED_LM
from xlt_core.kinds.regression import REGRESSION
from xlt_core.kinds.span import SPAN
from xlt_core.kinds.tagging import TAGGING
from xlt_core.models.logits import features_logits
from xlt_core.models.model import Model
from xlt_core.training.precision import autocast
from xlt_core.vocabulary.recipe import Recipe

# By precision: relative difference of the first and of the last loss, points of score.
LIMITS = {"float32": (1e-4, 2e-2, 1.0), "bfloat16": (2e-2, 2e-1, 5.0)}
# Precision and the encoder's attention dropout: None is its own.
WAYS: tuple[tuple[str, float | None], ...] = (
    ("float32", None),
    ("bfloat16", None),
    ("bfloat16", 0.0),
)
STEPS, SMALL_STEPS, ROWS = 60, 10, 480


def check(machine: Machine) -> Iterator[Row]:
    """Compare with the CPU, kind by kind."""
    cpu = torch.device("cpu")
    steps = SMALL_STEPS if machine.small else STEPS
    for kind in trained_kinds():
        right = {dropout: learned(kind, cpu, steps, "float32", dropout) for dropout in (None, 0.0)}
        for precision, dropout in WAYS:
            losses, points = learned(kind, machine.device, steps, precision, dropout)
            way = precision if dropout is None else f"{precision} without attention dropout"
            name = f"{kind.name}, {way} against a CPU's float32"
            first, last, score_limit = LIMITS[precision]
            for label, which, limit in (("first loss", 0, first), ("last loss", -1, last)):
                apart = abs(losses[which] / right[dropout][0][which] - 1)
                yield Row("agreement", f"{name}: {label}", apart, "relative", limit)
            apart = abs(points - right[dropout][1])
            yield Row("agreement", f"{name}: score", apart, "points", score_limit)
        yield Row("agreement", f"{kind.name}: score on a CPU", right[None][1], "percent")


def learned(
    kind: TaskKind,
    device: torch.device,
    steps: int,
    precision: str,
    attention_dropout: float | None,
) -> tuple[list[float], float]:
    """The loss curve and the score after `steps` steps from the same beginning."""
    model = with_heads(make_model("tiny", device), (kind,))
    model.set_attention_dropout(attention_dropout)
    recipe = Recipe(
        steps=steps, batch_size=16, learning_rate=2e-3, precision=precision, warmup=0.1,
        attention_dropout=attention_dropout,
    )  # fmt: skip
    job = make_job({"rows": make_split(kind, ROWS)}, recipe)
    losses: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        train(
            model,
            job,
            make_pace(device),
            Folder(Path(home)),
            lambda point: losses.append(point.loss),
        )
    with autocast(precision, device):
        return losses, score(model, make_split(kind, 200, seed=1))


def score(model: Model, split: EncodedSplit) -> float:
    """Percent of answers that are right, each read off its logits."""
    logits = features_logits(model, split.kind.name, split)
    if split.kind is TAGGING:
        found = np.concatenate([values.argmax(-1) for values in logits])
        wanted = split.arrays["labels"]
        return 100 * float((found == wanted)[wanted >= 0].mean())
    if split.kind is MASKED_LM:
        asked = [split.batch([row])["asked"][0] for row in range(len(split))]
        right = [v[a >= 0, 1] == a[a >= 0] for v, a in zip(logits, asked, strict=True)]
        return 100 * float(np.concatenate(right).mean())
    if split.kind is SPAN:
        found = np.array([values[:, 0].argmax() for values in logits])
        return 100 * float((found == split.arrays["labels"][:, 0]).mean())
    if split.kind is REGRESSION:
        found = np.array([values[0] for values in logits]).round()
    else:
        found = np.array([values.argmax() for values in logits])
    return 100 * float((found == split.arrays["labels"]).mean())
