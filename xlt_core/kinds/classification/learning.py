"""Classification's head and loss: labels from the first token, cross-entropy a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.heads import Build, FirstTokenHead


class ClassificationLearning:
    """See `xlt_core.kinds.learning`. Logits are [B, labels]."""

    reads_first = True

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, H] → [B, labels]."""
        return FirstTokenHead(build, labels)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """As they are."""
        return raw

    def count(self, batch: Mapping[str, NDArray[Any]]) -> int:
        """Rows."""
        return len(batch["input_ids"])

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed cross-entropy."""
        return F.cross_entropy(logits, batch["labels"], reduction="sum")
