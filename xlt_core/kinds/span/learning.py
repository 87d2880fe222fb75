"""Span's head and loss: start and end from each token, as BERT's (Devlin et al. 2019).

Each feature's loss is the mean of start's and end's cross-entropy over its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build, TokenHead
from xlt_core.kinds.learning import LastLayerLearning


class AnswersQuestions(AutoClass):
    """Transformers gives start and end apart, and does not rule padding out."""

    def logits(self, network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
        """Start and end side by side [B, T, 2]."""
        found = network(**batch)
        return torch.stack([found.start_logits, found.end_logits], dim=-1)


class SpanLearning(LastLayerLearning):
    """See `xlt_core.kinds.learning`. Logits are [B, T, 2]: start, end."""

    reads_first = False
    auto_class = AnswersQuestions(
        "AutoModelForQuestionAnswering",
        "question-answering",
        "The question goes in first, then a window of the context; of all windows the start and "
        "end in the context with the highest sum of logits are the answer.",
        {"num_labels": 2},
    )

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, T, H] → [B, T, 2]."""
        return TokenHead(build, 2, drops=False)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Minus infinity on padding, which no answer begins or ends on."""
        if "attention_mask" not in batch:
            return raw
        return raw.masked_fill(~batch["attention_mask"].bool()[..., None], float("-inf"))

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """Features."""
        return len(batch["input_ids"])

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed over features, start and end halved."""
        start = F.cross_entropy(logits[..., 0], batch["start"], reduction="sum")
        return (start + F.cross_entropy(logits[..., 1], batch["end"], reduction="sum")) / 2
