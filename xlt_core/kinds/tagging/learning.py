"""Tagging's head and loss: a label from each token, cross-entropy a word, on its first piece."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.arrays import IGNORED
from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build, TokenHead
from xlt_core.kinds.learning import LastLayerLearning


class TaggingLearning(LastLayerLearning):
    """See `xlt_core.kinds.learning`. Logits are [B, T, labels]."""

    reads_first = False
    auto_class = AutoClass(
        "AutoModelForTokenClassification",
        "token-classification",
        "Words go in one by one; the highest logit of a word's first piece is its tag.",
    )

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, T, H] → [B, T, labels]."""
        return TokenHead(build, labels)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """As they are; nobody asks for padding's."""
        return raw

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """Words with a tag."""
        return max(1, int((batch["labels"] != IGNORED).sum()))

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed cross-entropy."""
        wanted = batch["labels"].flatten()
        return F.cross_entropy(logits.flatten(0, 1), wanted, reduction="sum", ignore_index=IGNORED)
