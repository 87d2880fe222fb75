"""What we reach for inside transformers' encoders, as types: torch calls every part a module.

`config_of` and `words_of` hold for every encoder, `bert_of` where `fast_bert` knows the encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from torch import Tensor, nn

from xlt_core.models.dropout_source import SharedDropout


class Config(Protocol):
    """An encoder's config; what only some types have is asked for by `getattr`."""

    model_type: str
    hidden_size: int
    num_hidden_layers: int


class Words(Protocol):
    """An encoder's word embeddings. Raises NotImplementedError where it has none (CANINE)."""

    def get_input_embeddings(self) -> nn.Embedding:
        """The table."""
        ...

    def set_input_embeddings(self, value: nn.Embedding, /) -> None:
        """Put another in its place."""
        ...


class Embeddings(Protocol):
    """BERT's embeddings. RoBERTa and its kin have a `padding_idx` too."""

    word_embeddings: nn.Embedding
    position_embeddings: nn.Embedding
    token_type_embeddings: nn.Embedding
    LayerNorm: nn.LayerNorm
    dropout: nn.Module


class SelfAttention(Protocol):
    """Attention before its own dense layer."""

    num_attention_heads: int
    attention_head_size: int
    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    dropout: SharedDropout


class Output(Protocol):
    """The end of either half of a layer."""

    dense: nn.Linear
    dropout: nn.Module
    LayerNorm: nn.LayerNorm


class Attention(Protocol):
    """The first half of a layer."""

    self: SelfAttention
    output: Output


class WidePart(Protocol):
    """The wide part of a layer's second half."""

    dense: nn.Linear
    intermediate_act_fn: Callable[[Tensor], Tensor]


class Layer(Protocol):
    """One layer."""

    attention: Attention
    intermediate: WidePart
    output: Output


class Layers(Protocol):
    """All of them."""

    layer: Sequence[Layer]


class Bert(Protocol):
    """A BERT, RoBERTa or XLM-R encoder."""

    embeddings: Embeddings
    encoder: Layers


def config_of(encoder: nn.Module) -> Config:
    """The config of a transformers encoder."""
    return cast(Config, encoder.config)


def words_of(encoder: nn.Module) -> Words:
    """A transformers encoder, to ask for its word embeddings."""
    return cast(Words, encoder)


def bert_of(encoder: nn.Module) -> Bert:
    """An encoder that `fast_bert.is_swift` knows."""
    return cast(Bert, encoder)
