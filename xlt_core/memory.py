"""Memory of the GPU that this process was given, and what training an encoder takes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from xlt_core.models.learner import Learner

# Float32 weights, their gradients and Adam's two moments. What a batch takes comes on top.
BYTES_OF_A_PARAMETER = 16


def gpu_memory() -> tuple[int, int] | None:
    """Bytes free and in all on the process's first GPU; None where torch has none."""
    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return int(free), int(total)


def training_bytes(model: Learner) -> int:
    """The least that training `model` takes, without its batches."""
    return BYTES_OF_A_PARAMETER * sum(weight.numel() for weight in model.parameters())
