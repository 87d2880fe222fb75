"""Heads: what turns an encoder's states into logits. A kind picks one of these, or has its own.

Kinds that read the first token do so through dropout, a dense layer with tanh, dropout and a linear
layer, as `XLMRobertaForSequenceClassification` does; kinds that read every token through one linear
layer. Weights come from a generator of their own: N(0, 0.02²), biases zero, norms one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_DEVIATION = 0.02


def _no_words() -> Tensor:
    raise NotImplementedError("whoever builds this head has no word embeddings")


@dataclass(frozen=True)
class Build:
    """What a head is built from.

    Attributes:
        size: H, of the encoder's states.
        dropout: makes the module that drops, with the encoder's own probability.
        words: the encoder's word embeddings as they are now [words, size of one].
    """

    size: int
    dropout: Callable[[], nn.Module]
    words: Callable[[], Tensor] = _no_words


class BatchHead(nn.Module):
    """A head that is given the batch with the states: for what it is to look at."""


def applied(head: nn.Module, hidden: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """What a head makes of an encoder's states."""
    made: Tensor = head(hidden, batch) if isinstance(head, BatchHead) else head(hidden)
    return made


class FirstTokenHead(nn.Module):
    """[rows, H] → [rows, outputs]."""

    def __init__(self, build: Build, outputs: int, bias: bool = True) -> None:
        super().__init__()
        self.dropout = build.dropout()
        self.dense = nn.Linear(build.size, build.size)
        self.out_proj = nn.Linear(build.size, outputs, bias=bias)

    def forward(self, first: Tensor) -> Tensor:
        """Logits of each row."""
        inner = torch.tanh(self.dense(self.dropout(first)))
        logits: Tensor = self.out_proj(self.dropout(inner))
        return logits


class TokenHead(nn.Module):
    """[rows, T, H] → [rows, T, outputs]."""

    def __init__(self, build: Build, outputs: int, drops: bool = True) -> None:
        super().__init__()
        self.dropout = build.dropout() if drops else nn.Identity()
        self.out_proj = nn.Linear(build.size, outputs)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits of each token."""
        logits: Tensor = self.out_proj(self.dropout(hidden))
        return logits


def fresh(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A head whose weights depend on `seed` alone; the global generator is left alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):  # torch's own initialisation would draw from the global generator
        head = build()
    head = head.to_empty(device="cpu")
    with torch.no_grad():
        for name, values in sorted(head.named_parameters()):
            if name.endswith("bias"):
                values.zero_()
            elif name.endswith("norm.weight"):
                values.fill_(1.0)
            else:
                values.normal_(0.0, _DEVIATION, generator=generator)
    return head
