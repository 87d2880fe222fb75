"""Regression's head and loss: a number from the first token, squared error (as STS-B's in BERT)."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build, FirstTokenHead
from xlt_core.kinds.learning import FirstTokenLearning


class RegressionLearning(FirstTokenLearning):
    """See `xlt_core.kinds.learning`. Logits are [B, 1]."""

    auto_class = AutoClass(
        "AutoModelForSequenceClassification",
        "text-classification",
        "A text or a pair of texts goes in; the one logit is the number.",
        {"problem_type": "regression", "num_labels": 1},
    )

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, H] → [B, 1]."""
        return FirstTokenHead(build, 1)

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed squared error."""
        return F.mse_loss(logits[:, 0], batch["labels"], reduction="sum")
