"""Losses: cross-entropy, summed over a part of a batch and divided by the whole batch's count.

So the gradient of a batch is the same however it is cut into micro-batches. Classification and
choice count examples, tagging counts words with a tag, span counts features (and halves the sum
of start and end), each as the reference code does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from xlt_core.tasks.task import Kind

IGNORED = -100


def counted(kind: Kind, batch: Mapping[str, NDArray[np.int64]]) -> int:
    """What a batch's summed loss is divided by, at least 1."""
    if kind is Kind.TAGGING:
        return max(1, int((batch["labels"] != IGNORED).sum()))
    return len(batch["input_ids"])


def summed_loss(kind: Kind, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Summed cross-entropy of logits as `Model.forward` returns them. A scalar."""
    if kind is Kind.SPAN:
        start = F.cross_entropy(logits[..., 0], batch["start"], reduction="sum")
        return (start + F.cross_entropy(logits[..., 1], batch["end"], reduction="sum")) / 2
    wanted = batch["labels"]
    if kind is Kind.TAGGING:
        logits, wanted = logits.flatten(0, 1), wanted.flatten()
    return F.cross_entropy(logits, wanted, reduction="sum", ignore_index=IGNORED)


def to_tensors(batch: Mapping[str, NDArray[np.int64]], device: torch.device) -> dict[str, Tensor]:
    """A batch on `device`; its attention mask is left out where nothing is padded."""
    return {
        name: torch.from_numpy(np.ascontiguousarray(values, dtype=np.int64)).to(
            device, non_blocking=True
        )
        for name, values in batch.items()
        if name != "attention_mask" or not values.all()
    }
