"""The head of masked language modelling: a transform, and the encoder's own words to tell from.

As `XLMRobertaLMHead`: dense, GELU, norm, then a product with the word embeddings, which are the
encoder's (tied), and a bias. Only the states of hidden pieces are looked at: of 250,000 words and a
batch of 32 texts of 128 pieces the scores take 0.6 GB so, instead of 4 GB.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.arrays import IGNORED
from xlt_core.kinds.heads import BatchHead, Build
from xlt_core.kinds.learning import LastLayerLearning

_SCORES = 1 << 25  # at once, where nothing is learnt


class MaskedHead(BatchHead):
    """[B, T, H] → [B, T, 2]: of a hidden piece its log-probability, and the likeliest piece."""

    def __init__(self, build: Build) -> None:
        super().__init__()
        self.words = build.words
        words, size = build.words().shape
        self.dense = nn.Linear(build.size, size)
        self.norm = nn.LayerNorm(size)
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, hidden: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Zeros where nothing is hidden."""
        asked = batch["asked"].flatten()
        places = (asked != IGNORED).nonzero()[:, 0]
        states = hidden.flatten(0, -2).index_select(0, places)
        wanted = asked.index_select(0, places)
        size = len(places) if torch.is_grad_enabled() else max(1, _SCORES // len(self.bias))
        parts = zip(states.split(max(1, size)), wanted.split(max(1, size)), strict=True)
        told = torch.cat([self._told(*part) for part in parts])
        made = told.new_zeros(len(asked), 2).index_copy(0, places, told)
        return made.view(*batch["asked"].shape, 2)

    def _told(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Of each state [n, 2]."""
        inner = self.norm(F.gelu(self.dense(states)))
        scores = F.linear(inner, self.words(), self.bias).float()
        log = -F.cross_entropy(scores, wanted, reduction="none")
        return torch.stack([log, scores.detach().argmax(1).to(log.dtype)], dim=1)


class MaskedLanguageModellingLearning(LastLayerLearning):
    """See `xlt_core.kinds.learning`. Logits are `MaskedHead`'s."""

    reads_first = False
    moves_all_words = True  # what is likelier makes all others less likely

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, T, H] → [B, T, 2]."""
        return MaskedHead(build)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """As they are."""
        return raw

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """Pieces that are hidden."""
        return max(1, int((batch["asked"] != IGNORED).sum()))

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed cross-entropy."""
        return -logits[..., 0].sum()
