"""Where the time of a training step goes: the operations that take most of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile

from tests.gpu.rows import Row
from tests.gpu.world import (
    SIZES,
    Folder,
    Machine,
    make_job,
    make_model,
    make_pace,
    make_split,
    train,
    with_heads,
)
from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.models.embedding_subset import narrowed
from xlt_core.vocabulary.recipe import Recipe

STEPS, SHOWN = 5, 12


def check(machine: Machine) -> Iterator[Row]:
    """The largest model, length 128, with attention dropout and without."""
    for dropout in (None, 0.0):
        attention = "own" if dropout is None else "no"
        for name, milliseconds in slowest(machine, machine.sizes[-1], dropout):
            yield Row("profile", f"{attention} attention dropout: {name}", milliseconds, "ms/step")


def slowest(machine: Machine, size: str, dropout: float | None) -> list[tuple[str, float]]:
    """Operations by the device's own time, milliseconds a step."""
    on_gpu = machine.device.type == "cuda"
    model = with_heads(make_model(size, machine.device), (CLASSIFICATION,))
    model.set_attention_dropout(dropout)
    split = make_split(CLASSIFICATION, 32 * STEPS, 128, SIZES[size][3])
    recipe = Recipe(steps=STEPS, batch_size=32, precision="bfloat16" if on_gpu else "float32")
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with tempfile.TemporaryDirectory() as home, narrowed(model, {"rows": split}) as narrow:
        job = make_job({"rows": split if narrow is None else narrow.split(split)}, recipe)
        with profile(activities=kinds) as seen:
            train(model, job, make_pace(machine.device), Folder(Path(home)), lambda point: None)
            machine.wait()
    name = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    times: list[Any] = sorted(seen.key_averages(), key=lambda row: -getattr(row, name))
    return [(row.key[:40], getattr(row, name) / 1000 / STEPS) for row in times[:SHOWN]]
