"""The forward pass of BERT-family encoders, without the waste.

Same parameters and, but for rounding, the same values as transformers' own modules (a test compares
them); only the way there differs: one matrix product for query, key and value, dropout masks from
`dropout_source`, no mask where nothing is padded, and, where only the first token is wanted, a last
layer computed for that token alone. Encoders it does not know run through transformers (`model`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xlt_core.models.dropout_source import DropoutSource
from xlt_core.models.parts import Bert, Config, Layer, Output, SelfAttention

FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})


def is_swift(config: Config) -> bool:
    """Whether `first_tokens` and `all_tokens` know encoders of this config."""
    return (
        config.model_type in FAMILIES
        and getattr(config, "position_embedding_type", "absolute") in ("absolute", None)
        and not getattr(config, "is_decoder", False)
        and not getattr(config, "add_cross_attention", False)
    )


def structure(encoder: nn.Module) -> list[tuple[str, type[nn.Module], bool]]:
    """Every module's place and class, and whether it has hooks: none is known here that was put in
    or hung on later. (A parametrised module is of another class.)"""
    return [
        (name, type(module), bool(module._forward_hooks or module._forward_pre_hooks))
        for name, module in encoder.named_modules()
    ]


def encode(
    encoder: Bert,
    ids: Tensor,
    present: Tensor | None,
    types: Tensor | None,
    noise: DropoutSource,
    first: bool,
    depth: int | None = None,
) -> Tensor:
    """Hidden states of a layer.

    Args:
        encoder: a transformers BERT, RoBERTa or XLM-R model.
        ids: tokens [B, T], padded at the right.
        present: True where there is a token [B, T]; None where nothing is padded.
        types: token types [B, T] or None.
        noise: where dropout masks come from.
        first: return the first token's states alone, [B, H], instead of [B, T, H].
        depth: which layer's, counted from 1; None for the last.
    """
    hidden = embed(encoder, ids, types, noise)
    bias = None if present is None else _bias(present, hidden.dtype)
    layers = encoder.encoder.layer[:depth]
    for layer in layers[:-1]:
        hidden = _layer(layer, hidden, bias, noise, first=False)
    hidden = _layer(layers[-1], hidden, bias, noise, first=first)
    return hidden[:, 0] if first else hidden


def embed(encoder: Bert, ids: Tensor, types: Tensor | None, noise: DropoutSource) -> Tensor:
    """States before the first layer [B, T, H], padded places included."""
    parts = encoder.embeddings
    length = ids.shape[1]
    # RoBERTa counts positions from the padding token's number on; padded places are masked anyway.
    offset = int(getattr(parts, "padding_idx", -1)) + 1
    places = parts.position_embeddings.weight[offset : offset + length]
    kinds = parts.token_type_embeddings
    if types is None:
        summed = parts.word_embeddings(ids) + (places + kinds.weight[0])
    else:
        summed = parts.word_embeddings(ids) + kinds(types) + places
    return _dropped(norm(parts.LayerNorm, summed), probability(parts.dropout), noise)


def _layer(
    layer: Layer, hidden: Tensor, bias: Tensor | None, noise: DropoutSource, first: bool
) -> Tensor:
    attended = _attend(layer.attention.self, hidden, bias, noise, first)
    hidden = _add(layer.attention.output, attended, hidden[:, :1] if first else hidden, noise)
    inner = layer.intermediate.intermediate_act_fn(layer.intermediate.dense(hidden))
    return _add(layer.output, inner, hidden, noise)


def _attend(
    part: SelfAttention, hidden: Tensor, bias: Tensor | None, noise: DropoutSource, first: bool
) -> Tensor:
    """Multi-head attention [B, T, H] → [B, T, H], or [B, 1, H] for the first token alone."""
    rows, length, _ = hidden.shape
    heads, size = part.num_attention_heads, part.attention_head_size
    if first:
        query = _by_head(part.query(hidden[:, :1]), 1, heads, size)[0]
        key, value = _by_head(project((part.key, part.value), hidden), 2, heads, size)
    else:
        projected = project((part.query, part.key, part.value), hidden)
        query, key, value = _by_head(projected, 3, heads, size)
    mixed = _mix(query, key, value, bias, heads, probability(part.dropout), noise)
    wanted = 1 if first else length
    return mixed.view(rows, heads, wanted, size).transpose(1, 2).reshape(rows, wanted, heads * size)


def _mix(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    heads: int,
    probability: float,
    noise: DropoutSource,
) -> Tensor:
    """Softmax attention on [B · heads, T, D]; `bias` is [B, 1, 1, T], added to the scores."""
    count, wanted, size = query.shape
    rows = count // heads
    shape = (rows, heads, wanted, key.shape[1])
    factors = noise.mask(shape, probability, query)
    if factors is None:
        asked, keys, values = (part.view(rows, heads, -1, size) for part in (query, key, value))
        mixed = F.scaled_dot_product_attention(asked, keys, values, attn_mask=bias)
        return mixed.reshape(count, wanted, size)
    scale = size**-0.5
    if bias is None:
        scores = torch.bmm(query * scale, key.transpose(1, 2))
    else:
        added = bias.to(query.dtype).expand(shape).reshape(count, wanted, -1)
        scores = torch.baddbmm(added, query, key.transpose(1, 2), alpha=scale)
    weights = scores.softmax(-1) * factors.view(count, wanted, -1)
    return torch.bmm(weights.to(value.dtype), value)


def project(linears: tuple[nn.Linear, ...], hidden: Tensor) -> Tensor:
    """Several linear layers of the same input as one matrix product, results side by side."""
    weight = torch.cat([linear.weight for linear in linears])
    return F.linear(hidden, weight, torch.cat([linear.bias for linear in linears]))


def _by_head(projected: Tensor, parts: int, heads: int, size: int) -> tuple[Tensor, ...]:
    """[B, T, parts · heads · D] → `parts` tensors [B · heads, T, D], in one copy."""
    rows, length, _ = projected.shape
    split = projected.view(rows, length, parts, heads, size).permute(2, 0, 3, 1, 4)
    return split.reshape(parts, rows * heads, length, size).unbind(0)


def _add(part: Output, values: Tensor, residual: Tensor, noise: DropoutSource) -> Tensor:
    """Dense, dropout, residual, norm: the end of either half of a layer."""
    dense = part.dense(values)
    factors = noise.mask(dense.shape, probability(part.dropout), dense)
    summed = dense + residual if factors is None else torch.addcmul(residual, dense, factors)
    return norm(part.LayerNorm, summed)


def norm(part: nn.LayerNorm, values: Tensor) -> Tensor:
    """The layer norm `part` of `values`."""
    return F.layer_norm(values, part.normalized_shape, part.weight, part.bias, part.eps)


def _dropped(values: Tensor, probability: float, noise: DropoutSource) -> Tensor:
    factors = noise.mask(values.shape, probability, values)
    return values if factors is None else values * factors


def probability(dropout: object) -> float:
    """Of an `nn.Dropout` or a `SharedDropout`."""
    return float(getattr(dropout, "probability", getattr(dropout, "p", 0.0)))


def _bias(present: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where there is a token, the most negative number elsewhere: [B, 1, 1, T]."""
    bias = torch.zeros(present.shape, dtype=dtype, device=present.device)
    return bias.masked_fill_(~present, torch.finfo(dtype).min)[:, None, None, :]
