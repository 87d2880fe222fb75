"""Does the device compute what a CPU computes: losses and scores, every kind, either precision.

With dropout, whose masks are the same on every device. The first loss says whether the forward
pass agrees, the last whether all steps of backward pass and AdamW do; scores are of rows that were
not trained on.
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
    with_heads,
)
from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.regression import REGRESSION
from xlt_core.kinds.span import SPAN
from xlt_core.kinds.tagging import TAGGING
from xlt_core.models.logits import features_logits
from xlt_core.models.model import Model
from xlt_core.vocabulary.recipe import Recipe

# By precision: relative difference of the first and of the last loss, points of score.
LIMITS = {"float32": (1e-4, 2e-2, 1.0), "bfloat16": (2e-2, 2e-1, 5.0)}
STEPS, ROWS = 60, 480


def check(machine: Machine) -> Iterator[Row]:
    """Compare with the CPU, kind by kind."""
    cpu = torch.device("cpu")
    for kind in KINDS.values():
        expected = learned(kind, cpu, "float32")
        for precision, limits in LIMITS.items():
            found = learned(kind, machine.device, precision)
            name = f"{kind.name}, {precision} against a CPU's float32"
            for which, limit in zip((0, -1), limits[:2], strict=True):
                apart = abs(found[0][which] / expected[0][which] - 1)
                label = "first loss" if which == 0 else "last loss"
                yield Row("agreement", f"{name}: {label}", apart, "relative", limit)
            yield Row(
                "agreement", f"{name}: score", abs(found[1] - expected[1]), "points", limits[2]
            )
        yield Row("agreement", f"{kind.name}: score on a CPU", expected[1], "percent")


def learned(kind: TaskKind, device: torch.device, precision: str) -> tuple[list[float], float]:
    """The loss curve and the score after `STEPS` steps from the same beginning."""
    model = with_heads(make_model("tiny", device), (kind,))
    recipe = Recipe(steps=STEPS, batch_size=16, learning_rate=2e-3, precision=precision, warmup=0.1)
    job = make_job({"rows": make_split(kind, ROWS)}, recipe)
    losses: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        train(model, job, make_pace(device), Folder(Path(home)), lambda p: losses.append(p["loss"]))
    return losses, score(model, make_split(kind, 200, seed=1))


def score(model: Model, split: EncodedSplit) -> float:
    """Percent of answers that are right, each read off its logits."""
    logits = features_logits(model, split.kind.name, split)
    if split.kind is TAGGING:
        found = np.concatenate([values.argmax(-1) for values in logits])
        wanted = split.arrays["labels"]
        return 100 * float((found == wanted)[wanted >= 0].mean())
    if split.kind is SPAN:
        found = np.array([values[:, 0].argmax() for values in logits])
        return 100 * float((found == split.arrays["labels"][:, 0]).mean())
    if split.kind is REGRESSION:
        found = np.array([values[0] for values in logits]).round()
    else:
        found = np.array([values.argmax() for values in logits])
    return 100 * float((found == split.arrays["labels"]).mean())
