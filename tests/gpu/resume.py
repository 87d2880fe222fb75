"""Does a killed training end with the same bits, and does the micro-batch change nothing.

A mixture of every kind, stopped midway, its checkpoint taken up by a fresh model. Rows are short,
and on a GPU once more long: only where a row takes several of a kernel's blocks does it show
whether these add up in one order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from xlt_core.models.model import Model
from xlt_core.training.loop import Point
from xlt_core.vocabulary.errors import StageCancelled
from xlt_core.vocabulary.recipe import Recipe

STEPS, STOP = 20, 10


@dataclass(frozen=True)
class Rows:
    """What is trained on, and the model that is: rows of `length` tokens, None for natural ones."""

    name: str
    size: str
    length: int | None


SHORT = Rows("short rows", "tiny", None)
LONG = Rows("rows of 384 tokens", "shallow", 384)
# What other orders of summation may add up to over `STEPS` steps. Losses are compared, not weights:
# a key's bias changes no loss, and AdamW makes steps of the rounding error that is its gradient.
MICRO_BATCH_LIMITS = {"float32": 1e-3, "bfloat16": 3e-2}


def check(machine: Machine) -> Iterator[Row]:
    """Killed against unkilled, then small micro-batches against whole batches."""
    for rows in (SHORT,) if machine.small else (SHORT, LONG):
        for precision in ("float32", "bfloat16"):
            for dropout in (None, 0.0):
                whole = trained(machine.device, precision, dropout, rows)
                again = trained(machine.device, precision, dropout, rows)
                resumed = trained(machine.device, precision, dropout, rows, stop=STOP)
                attention = "on" if dropout is None else "off"
                name = f"{rows.name}, {precision}, attention dropout {attention}"
                for label, other in (("run again", again), ("killed and resumed", resumed)):
                    yield Row("resume", f"{name}, {label}: weights that differ",
                              differing(whole, other), "tensors", 0)  # fmt: skip
    for precision, limit in MICRO_BATCH_LIMITS.items():
        curves: dict[int | None, list[float]] = {None: [], 5: []}
        for size, curve in curves.items():
            trained(machine.device, precision, None, SHORT, micro_batch=size, curve=curve)
        apart = max(abs(a / b - 1) for a, b in zip(curves[5], curves[None], strict=True))
        yield Row("micro-batch", f"{precision}, 5 of 16 rows at once: losses apart at most",
                  apart, "relative", limit)  # fmt: skip


def trained(
    device: torch.device,
    precision: str,
    attention_dropout: float | None,
    rows: Rows,
    stop: int | None = None,
    micro_batch: int | None = None,
    curve: list[float] | None = None,
) -> dict[str, torch.Tensor]:
    """The weights after `STEPS` steps, in one go or in two."""
    recipe = Recipe(
        steps=STEPS, batch_size=16, learning_rate=1e-3, precision=precision,
        attention_dropout=attention_dropout,
    )  # fmt: skip
    splits = {kind.name: make_split(kind, 64, rows.length) for kind in trained_kinds()}
    job = make_job(splits, recipe)
    pace = make_pace(device, micro_batch)
    with tempfile.TemporaryDirectory() as home:
        checkpoints = Folder(Path(home))
        if stop is not None:
            try:
                train(fresh(rows, device, attention_dropout), job, pace, checkpoints, stopper(stop))
            except StageCancelled:
                assert checkpoints.latest() is not None
        model = fresh(rows, device, attention_dropout)
        kept: list[float] = [] if curve is None else curve
        train(model, job, pace, checkpoints, lambda point: kept.append(point.loss))
    return model.weights()


def fresh(rows: Rows, device: torch.device, attention_dropout: float | None) -> Model:
    """The model before its first step."""
    model = with_heads(make_model(rows.size, device), trained_kinds())
    model.set_attention_dropout(attention_dropout)
    return model


def stopper(step: int) -> Any:
    """Ends a training once it has come to `step`."""

    def tell(point: Point) -> None:
        if point.step >= step:
            raise StageCancelled("stopped")

    return tell


def differing(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> int:
    """How many tensors are not equal bit for bit."""
    return sum(not torch.equal(values, two[name]) for name, values in one.items())
