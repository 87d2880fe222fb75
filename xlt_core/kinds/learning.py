"""What a model learns of a kind of task: head and loss. The part of a kind that needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build


class Learning(Protocol):
    """What a model with a head learns of a kind.

    Attributes:
        reads_first: whether the head reads the first token's state alone.
        together: rows of a batch that share a loss, as where each is told from its neighbours;
            a batch is cut into micro-batches between them. 1 where each row has its own.
        moves_all_words: whether the loss has a gradient for embeddings of words that occur in no
            row; where not, these are left out of training, which changes no result.
    """

    reads_first: bool
    together: int
    moves_all_words: bool

    @property
    def auto_class(self) -> AutoClass | None:
        """What a trained model is exported as; None where no class computes what the head does."""
        ...

    def layer(self, layers: int) -> int:
        """Which of an encoder's layers the head reads, counted from 1."""
        ...

    def head(self, build: Build, labels: int) -> nn.Module:
        """A head; its weights are drawn by whoever asked. `labels` is how many the task has."""
        ...

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """What the head gave of the batch's sequences, as rows, padding ruled out."""
        ...

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """What a batch's summed loss is divided by, at least 1."""
        ...

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed over what `count` counts, so that micro-batches add up. A scalar."""
        ...


class LastLayerLearning:
    """What the kinds share that read the encoder's last states, and lose row by row."""

    together = 1
    moves_all_words = False
    auto_class: AutoClass | None = None

    def layer(self, layers: int) -> int:
        """The last."""
        return layers


class FirstTokenLearning(LastLayerLearning):
    """What the kinds share that read the first token: logits as they are, and rows are counted."""

    reads_first = True

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """As they are."""
        return raw

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """Rows."""
        return len(batch["input_ids"])


class OneOfSeveralLearning(FirstTokenLearning):
    """Cross-entropy over the outputs of a row, one of which is right: logits are [B, outputs]."""

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed cross-entropy."""
        return F.cross_entropy(logits, batch["labels"], reduction="sum")
