"""Dropout that transformers' own code draws, taken from our `noise` instead of a global generator.

Encoders outside `fast_bert` run through transformers, whose attention calls torch's functions with
a probability. While `SharedDraws` is entered these draw from the shared noise, so that masks depend
neither on the micro-batch nor on the device. Next: `dropout_source`, and `model`, which enters it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xlt_core.models.dropout_source import DropoutSource, is_by_rows


class SharedDraws(TorchFunctionMode):
    """While entered, `dropout` and `scaled_dot_product_attention` of torch draw from `noise`."""

    def __init__(self, noise: DropoutSource) -> None:
        super().__init__()
        self._noise = noise

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        """Do what was called, with our masks where it draws."""
        given = dict(kwargs or {})
        if func is F.dropout:
            return self._dropout(*args, **given)
        if func is F.scaled_dot_product_attention and given.get("dropout_p", 0.0) > 0:
            return self._attend(*args, **given)
        return func(*args, **given)

    def _dropout(
        self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        factors = (
            self._noise.mask(values.shape, p, values, is_by_rows(values)) if training else None
        )
        return values if factors is None else values * factors

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """The function's definition in torch's documentation, [B, heads, T, D] each."""
        if enable_gqa:
            key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
            value = value.repeat_interleave(query.shape[-3] // value.shape[-3], -3)
        scores = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
        lowest = torch.finfo(scores.dtype).min  # not infinite: a row may see nothing at all
        if is_causal:
            attn_mask = torch.ones_like(scores[0, 0], dtype=torch.bool).tril()
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, lowest)
        elif attn_mask is not None:
            scores = (scores + attn_mask).clamp_min(lowest)
        weights = scores.softmax(-1).to(value.dtype)
        return self._dropout(weights, dropout_p) @ value
