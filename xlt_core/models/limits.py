"""What a recipe may ask of an encoder: which weights to freeze, which attention dropout.

Preflight and the workers, who do what is asked, look here, so that both refuse the same. Imports
torch only to look into an encoder: what is known of one is read without (`opened`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.texts import abbreviated

if TYPE_CHECKING:
    from torch import nn

    from xlt_core.models.parts import Config

_LAYER = re.compile(r"\.(?:layer|layers|block)\.(\d+)\.")
_FREEZE = re.compile(r"layers:([0-9]{1,9})")
_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout", "dropout_rate")


@dataclass(frozen=True)
class Limits:
    """What an encoder can do.

    Attributes:
        kind: transformers' model type.
        layers: how many there are; 0 where they share weights or have none of the usual names.
        has_table: whether its token embeddings are one table, which can be frozen.
        attention_dropout: the one probability its attention takes; None where it takes any.
    """

    kind: str
    layers: int
    has_table: bool
    attention_dropout: float | None

    def on_freezing(self, part: str, where: str = "recipe.freeze") -> Iterator[Mistake]:
        """What is wrong with freezing `part`: `embeddings`, or `layers:N`."""
        count = lowest_layers(part)
        if count is None and part != "embeddings":
            remedy = "write embeddings or layers:N, as layers:6"
            yield Mistake(where, f"{abbreviated(part)!r} cannot be frozen", remedy)
        elif count is None and not self.has_table:
            what = f"{self.kind} encoders have no table of token embeddings to freeze"
            yield Mistake(where, what, "write none or layers:N, as layers:6")
        elif count is not None and count > self.layers:
            fewer = f"write layers:{self.layers} or fewer" if self.layers else ""
            what = f"{part!r}: the encoder has {self.layers} layers that can be frozen one by one"
            yield Mistake(where, what, fewer or "write none or embeddings")

    def on_dropping(
        self, probability: float | None, where: str = "recipe.attention_dropout"
    ) -> Iterator[Mistake]:
        """What is wrong with dropping attention weights so; None is as the encoder's config."""
        own = self.attention_dropout
        if own is not None and probability not in (None, own):
            what = f"{self.kind} encoders keep their own attention dropout, {own}"
            remedy = "leave it out, or take a BERT, RoBERTa or XLM-R encoder"
            yield Mistake(where, what, remedy)


@dataclass(frozen=True)
class Opened:
    """What is known of an encoder that can be loaded.

    Attributes:
        kind: transformers' model type.
        words: rows of the embedding table; None where there is no such table.
        most_tokens: the longest sequence it has positions for; None where there is no limit.
        limits: what a recipe may ask of it.
    """

    kind: str
    words: int | None
    most_tokens: int | None
    limits: Limits


def limits_of(encoder: nn.Module, config: Config, drops_any: bool) -> Limits:
    """What `encoder` can do; `drops_any`: whether its attention takes any dropout."""
    layers = [layer_of(f".{name}") for name, _ in encoder.named_parameters()]
    count = max((layer for layer in layers if layer is not None), default=-1) + 1
    own = None if drops_any else own_dropout(config)
    return Limits(config.model_type, count, _has_table(encoder), own)


def layer_of(name: str) -> int | None:
    """The layer that the weight called `name` belongs to; None where it is of none."""
    match = _LAYER.search(name)
    return None if match is None else int(match[1])


def own_dropout(config: object) -> float:
    """Attention dropout as an encoder's config says, under whatever name its type has for it."""
    found = (getattr(config, name, None) for name in _DROPOUTS)
    return float(next((value for value in found if value is not None), 0.0))


def lowest_layers(part: str) -> int | None:
    """N of `layers:N`; None for any other part."""
    match = _FREEZE.fullmatch(part)
    return None if match is None else int(match[1])


def _has_table(encoder: nn.Module) -> bool:
    from torch import nn

    from xlt_core.models.parts import words_of

    try:
        return isinstance(words_of(encoder).get_input_embeddings(), nn.Module)
    except NotImplementedError:  # CANINE reads characters, by hashes into several tables
        return False
