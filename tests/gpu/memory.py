"""How much memory a training takes at its peak, optimiser included."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

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

STEPS, BATCH = 3, 32


def check(machine: Machine) -> Iterator[Row]:
    """Every size at both lengths; what a smaller micro-batch and no attention dropout save."""
    for size in machine.sizes:
        for length in (128, 384):
            for micro_batch, dropout in ((None, None), (8, None), (None, 0.0)):
                peak = taken(machine, size, length, micro_batch, dropout)
                rows = "batch 32" if micro_batch is None else f"batch 32 as 4 × {micro_batch}"
                attention = "" if dropout is None else ", no attention dropout"
                what = f"XLM-R {size}, {rows}, length {length}{attention}"
                yield Row("memory", what, peak / 2**30, "GiB")


def taken(
    machine: Machine, size: str, length: int, micro_batch: int | None, dropout: float | None
) -> float:
    """Bytes at the peak of a few steps; of the whole process where there is no GPU."""
    on_gpu = machine.device.type == "cuda"
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(machine.device)
    model = with_heads(make_model(size, machine.device), (CLASSIFICATION,))
    model.set_attention_dropout(dropout)
    split = make_split(CLASSIFICATION, STEPS * BATCH, length, SIZES[size][3])
    recipe = Recipe(steps=STEPS, batch_size=BATCH, precision="bfloat16" if on_gpu else "float32")
    with tempfile.TemporaryDirectory() as home, narrowed(model, {"rows": split}) as narrow:
        job = make_job({"rows": split if narrow is None else narrow.split(split)}, recipe)
        pace = make_pace(machine.device, micro_batch)
        train(model, job, pace, Folder(Path(home)), lambda point: None)
    if on_gpu:
        return torch.cuda.max_memory_allocated(machine.device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
