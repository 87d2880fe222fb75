"""Multiple choice's head and loss: one number a choice, cross-entropy over the choices of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.heads import Build, FirstTokenHead


class ChoiceLearning:
    """See `xlt_core.kinds.learning`. Logits are [B, choices]."""

    reads_first = True

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B · choices, H] → [B · choices, 1].

        A lone output's bias is the same for all choices: its gradient would be rounding error.
        """
        return FirstTokenHead(build, 1, bias=False)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """The choices of a row side by side."""
        return raw.view(batch["input_ids"].shape[:2])

    def count(self, batch: Mapping[str, NDArray[Any]]) -> int:
        """Rows."""
        return len(batch["input_ids"])

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed cross-entropy."""
        return F.cross_entropy(logits, batch["labels"], reduction="sum")
