"""Heads: what turns an encoder's states into logits, one for each kind of task.

Classification and choice read the first token through dropout, a dense layer with tanh, dropout and
a linear layer, as `XLMRobertaForSequenceClassification` does; tagging reads every token through
dropout and a linear layer; span reads every token through one linear layer, as BERT's do
(Devlin et al. 2019). Weights come from a generator of their own: N(0, 0.02²), biases zero.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xlt_core.models.noise import Noise, SharedDropout
from xlt_core.tasks.task import Kind

READS_FIRST_TOKEN = frozenset({Kind.CLASSIFICATION, Kind.MULTIPLE_CHOICE})
_DEVIATION = 0.02


class FirstTokenHead(nn.Module):
    """[rows, H] → [rows, outputs]."""

    def __init__(self, size: int, outputs: int, dropout: float, noise: Noise) -> None:
        super().__init__()
        self.dropout = SharedDropout(dropout, noise)
        self.dense = nn.Linear(size, size)
        # A lone output's bias is the same for all choices: its gradient would be rounding error.
        self.out_proj = nn.Linear(size, outputs, bias=outputs > 1)

    def forward(self, first: Tensor) -> Tensor:
        """Logits of each row."""
        inner = torch.tanh(self.dense(self.dropout(first)))
        logits: Tensor = self.out_proj(self.dropout(inner))
        return logits


class TokenHead(nn.Module):
    """[rows, T, H] → [rows, T, outputs]."""

    def __init__(self, size: int, outputs: int, dropout: float, noise: Noise) -> None:
        super().__init__()
        self.dropout = SharedDropout(dropout, noise)
        self.out_proj = nn.Linear(size, outputs)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits of each token."""
        logits: Tensor = self.out_proj(self.dropout(hidden))
        return logits


def make_head(
    kind: Kind, labels: int, size: int, dropout: float, noise: Noise, seed: int
) -> nn.Module:
    """A fresh head whose weights depend on `seed` alone; the global generator is left alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):  # torch's own initialisation would draw from the global generator
        head = _build(kind, labels, size, dropout, noise)
    head = head.to_empty(device="cpu")
    with torch.no_grad():
        for name, values in sorted(head.named_parameters()):
            if name.endswith("bias"):
                values.zero_()
            else:
                values.normal_(0.0, _DEVIATION, generator=generator)
    return head


def _build(kind: Kind, labels: int, size: int, dropout: float, noise: Noise) -> nn.Module:
    if kind is Kind.CLASSIFICATION:
        return FirstTokenHead(size, labels, dropout, noise)
    if kind is Kind.MULTIPLE_CHOICE:
        return FirstTokenHead(size, 1, dropout, noise)
    if kind is Kind.TAGGING:
        return TokenHead(size, labels, dropout, noise)
    return TokenHead(size, 2, 0.0, noise)
