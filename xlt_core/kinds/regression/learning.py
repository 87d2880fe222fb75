"""Regression's head and loss: a number from the first token, squared error (as STS-B's in BERT)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.heads import Build, FirstTokenHead


class RegressionLearning:
    """See `xlt_core.kinds.learning`. Logits are [B, 1]."""

    reads_first = True

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, H] → [B, 1]."""
        return FirstTokenHead(build, 1)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """As they are."""
        return raw

    def count(self, batch: Mapping[str, NDArray[Any]]) -> int:
        """Rows."""
        return len(batch["input_ids"])

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed squared error."""
        return F.mse_loss(logits[:, 0], batch["labels"], reduction="sum")
