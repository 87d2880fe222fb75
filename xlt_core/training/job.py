"""What a training stage trains: its rows, in which order, by which recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.training.order import Indices, Order
from xlt_core.vocabulary.recipe import Recipe


@dataclass(frozen=True)
class TrainingMember:
    """One task's rows to train on. `head` names the head, `rows` the rows that may be drawn."""

    head: str
    data: EncodedSplit
    rows: Indices


@dataclass(frozen=True)
class TrainingJob:
    """All that the resulting weights depend on, beside the model and the method.

    Attributes:
        drops: whether anything is dropped, with the probabilities that the encoder has.
    """

    members: Mapping[str, TrainingMember]
    order: Order
    recipe: Recipe
    steps: int
    seed: int
    position: str
    drops: bool = True
