"""The same forward pass over real tokens alone, laid end to end without padding.

Only where attention draws no dropout: each sequence then attends to itself by lengths, in one fused
kernel on a GPU with half-width numbers (elsewhere through padded attention, so that the path is
tested wherever the tests run). Everything between, three quarters of the work, sees no padding at
all. Same values as `fast_bert` but for rounding, dropout masks included. Next: `model`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from xlt_core.models import fast_bert
from xlt_core.models.dropout_source import DropoutSource
from xlt_core.models.parts import Bert, Layer, Output, SelfAttention


@dataclass(frozen=True)
class Packing:
    """How B sequences of up to T tokens lie end to end as N tokens.

    Attributes:
        present: True where there is a token [B, T]; each row's tokens stand at its beginning.
        places: where in B · T each token stands [N].
        starts: where each sequence begins, and N [B + 1], 32 bits as the kernels want it.
        longest: tokens of the longest sequence.
    """

    present: Tensor
    places: Tensor
    starts: Tensor
    longest: int

    @classmethod
    def of(cls, present: Tensor) -> Packing:
        """The packing of a mask [B, T]."""
        starts = F.pad(present.sum(1).cumsum(0), (1, 0)).to(torch.int32)
        return cls(present, present.flatten().nonzero()[:, 0], starts, present.shape[1])

    def pack(self, padded: Tensor) -> Tensor:
        """[B, T, …] → [N, …]."""
        return torch.index_select(padded.flatten(0, 1), 0, self.places)

    def unpack(self, flat: Tensor) -> Tensor:
        """[N, …] → [B, T, …], zeros where there is no token."""
        rows, length = self.present.shape
        padded = flat.new_zeros(rows * length, *flat.shape[1:])
        made: Tensor = padded.index_copy(0, self.places, flat).view(rows, length, *flat.shape[1:])
        return made

    def attend(self, query: Tensor, key: Tensor, value: Tensor, first: bool) -> Tensor:
        """Attention within each sequence: [N, heads, D] → the same, or [B, heads, D] for `first`.

        Args:
            query: of every token, or where `first` is set of each sequence's first alone.
        """
        if _is_fused(query):
            return self._fused(query, key, value, first)
        asked = query[:, None] if first else self.unpack(query)
        mixed = F.scaled_dot_product_attention(
            asked.transpose(1, 2),
            self.unpack(key).transpose(1, 2),
            self.unpack(value).transpose(1, 2),
            attn_mask=self.present[:, None, None, :],
        ).transpose(1, 2)
        return mixed[:, 0] if first else self.pack(mixed)

    def _fused(self, query: Tensor, key: Tensor, value: Tensor, first: bool) -> Tensor:
        import torch.nn.attention.varlen as varlen  # torch 2.10 or later

        asked, most = self.starts, self.longest
        if first:
            asked = torch.arange(len(query) + 1, dtype=torch.int32, device=query.device)
            most = 1
        attend: Callable[..., Tensor] = varlen.varlen_attn  # type: ignore[assignment]
        return attend(query, key, value, asked, self.starts, most, self.longest)


def is_worth_it(device: torch.device) -> bool:
    """Whether flat is the faster way here: a GPU at work in half-width numbers."""
    return device.type == "cuda" and torch.is_autocast_enabled("cuda")


def encode(
    encoder: Bert,
    ids: Tensor,
    present: Tensor,
    types: Tensor | None,
    noise: DropoutSource,
    first: bool,
    depth: int | None = None,
) -> Tensor:
    """Hidden states of a layer; see `fast_bert.encode`. Attention must draw no dropout."""
    packing = Packing.of(present)
    hidden = packing.pack(fast_bert.embed(encoder, ids, types, noise))
    layers = encoder.encoder.layer[:depth]
    for layer in layers[:-1]:
        hidden = _layer(layer, hidden, packing, noise, first=False)
    hidden = _layer(layers[-1], hidden, packing, noise, first=first)
    return hidden if first else packing.unpack(hidden)


def _layer(
    layer: Layer, hidden: Tensor, packing: Packing, noise: DropoutSource, first: bool
) -> Tensor:
    attended = _attend(layer.attention.self, hidden, packing, first)
    residual = hidden[packing.starts[:-1]] if first else hidden
    hidden = _add(layer.attention.output, attended, residual, packing, noise, first)
    inner = layer.intermediate.intermediate_act_fn(layer.intermediate.dense(hidden))
    return _add(layer.output, inner, hidden, packing, noise, first)


def _attend(part: SelfAttention, hidden: Tensor, packing: Packing, first: bool) -> Tensor:
    shape = (part.num_attention_heads, part.attention_head_size)
    if first:
        query = part.query(hidden[packing.starts[:-1]]).unflatten(-1, shape)
        key, value = (
            fast_bert.project((part.key, part.value), hidden).unflatten(-1, (2, *shape)).unbind(1)
        )
    else:
        projected = fast_bert.project((part.query, part.key, part.value), hidden)
        query, key, value = projected.unflatten(-1, (3, *shape)).unbind(1)
    return packing.attend(query, key, value, first).flatten(-2)


def _add(
    part: Output,
    values: Tensor,
    residual: Tensor,
    packing: Packing,
    noise: DropoutSource,
    first: bool,
) -> Tensor:
    dense = part.dense(values)
    factors = _mask(packing, dense, fast_bert.probability(part.dropout), noise, first)
    summed = dense + residual if factors is None else torch.addcmul(residual, dense, factors)
    return fast_bert.norm(part.LayerNorm, summed)


def _mask(
    packing: Packing, like: Tensor, probability: float, noise: DropoutSource, first: bool
) -> Tensor | None:
    """The very mask that the padded pass would draw, for the tokens there are."""
    rows, length = packing.present.shape
    factors = noise.mask((rows, 1 if first else length, like.shape[-1]), probability, like)
    if factors is None:
        return None
    return factors[:, 0] if first else packing.pack(factors)


def _is_fused(query: Tensor) -> bool:
    return query.is_cuda and query.dtype in (torch.bfloat16, torch.float16)
