"""Where the time of a training step goes: how long of it the device computes, and what."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
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
from xlt_core.training.loop import Point
from xlt_core.vocabulary.recipe import Recipe

WARM, TIMED, SEEN, SHOWN = 10, 20, 10, 8  # steps before, steps timed, steps recorded, rows shown


def check(machine: Machine) -> Iterator[Row]:
    """Every size, at length 128 with attention dropout and without, and at natural lengths."""
    for size in machine.sizes:
        for length, dropout in ((128, None), (128, 0.0), (None, 0.0)):
            rows = "natural lengths" if length is None else f"length {length}"
            attention = "own" if dropout is None else "no"
            name = f"{size}, {rows}, {attention} attention dropout"
            seconds, found = steps(machine, size, length, dropout)
            yield Row("profile", f"{name}: a step", 1000 * seconds, "ms")
            yield Row("profile", f"{name}: computing", sum(found.values()), "ms")
            for operation, milliseconds in sorted(found.items(), key=lambda pair: -pair[1])[:SHOWN]:
                yield Row("profile", f"{name}: {operation[:60]}", milliseconds, "ms")


def steps(
    machine: Machine, size: str, length: int | None, dropout: float | None
) -> tuple[float, dict[str, float]]:
    """Seconds of a step; then, of others that were recorded, milliseconds a step by operation."""
    model = with_heads(make_model(size, machine.device), (CLASSIFICATION,))
    model.set_attention_dropout(dropout)
    count = WARM + TIMED + SEEN
    split = make_split(CLASSIFICATION, 32 * count, length, SIZES[size][3])
    precision = "bfloat16" if machine.device.type == "cuda" else "float32"
    recipe = Recipe(steps=count, batch_size=32, precision=precision)
    seen = profile(activities=_activities(machine))
    marks: list[float] = []

    def tell(point: Point) -> None:
        if point.step in (WARM, WARM + TIMED, count):
            machine.wait()
            marks.append(time.perf_counter())
        if point.step == WARM + TIMED:
            seen.start()
        if point.step == count:
            seen.stop()

    with tempfile.TemporaryDirectory() as home, narrowed(model, {"rows": split}) as narrow:
        job = make_job({"rows": split if narrow is None else narrow.split(split)}, recipe)
        train(model, job, make_pace(machine.device), Folder(Path(home)), tell)
    found = {name: value / SEEN for name, value in operations(machine, seen).items()}
    return (marks[1] - marks[0]) / TIMED, found


def operations(machine: Machine, seen: profile) -> dict[str, float]:
    """Milliseconds of the device's own time by operation: of kernels alone where it is a GPU."""
    rows: list[Any] = list(seen.key_averages())
    if machine.device.type != "cuda":
        return {row.key: row.self_cpu_time_total / 1000 for row in rows}
    kernels = torch.autograd.DeviceType.CUDA
    return {
        row.key: row.self_device_time_total / 1000
        for row in rows
        if row.device_type == kernels and not row.is_user_annotation
    }


def _activities(machine: Machine) -> list[ProfilerActivity]:
    on_gpu = machine.device.type == "cuda"
    return [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
