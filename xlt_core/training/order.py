"""Which rows each optimiser step sees: a pure function of (rows, recipe, seed, position, step).

Rows of similar length share a batch, so that little is computed on padding: within windows of 50
batches of a random order, rows are sorted by length and cut, and the batches shuffled. In a mixture
every batch comes from one member, members taking turns in proportion to their rows. Next: `loop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from xlt_core.vocabulary.fingerprint import derived_seed
from xlt_core.vocabulary.recipe import Recipe

Indices = NDArray[np.int64]
WINDOW = 50  # batches; as many as the Hugging Face Trainer's group_by_length


@dataclass(frozen=True)
class Turn:
    """One step's share: the `count`-th batch (from 0) that `member` gets since the beginning."""

    member: str
    count: int


class Order(Protocol):
    """The batches of one stage."""

    @property
    def batches_per_epoch(self) -> int:
        """Steps of one pass over the rows."""
        ...

    def batch(self, step: int) -> tuple[str, Indices]:
        """The member and rows of `step`, counted from 0: a function of the step alone."""
        ...


class BatchOrder:
    """The batches of one stage, of one member each; an `Order`.

    Args:
        lengths: by member's name, the length of each row in tokens [rows].
        rows: by member's name, the rows that may be drawn.
        batch_size: rows a step; the last batch of an epoch may be smaller.
        seed, position: of the stage.
    """

    def __init__(
        self,
        lengths: Mapping[str, NDArray[np.generic]],
        rows: Mapping[str, Indices],
        batch_size: int,
        seed: int,
        position: str,
    ) -> None:
        self._lengths = dict(lengths)
        self._rows = dict(rows)
        self._size = batch_size
        self._seed, self._position = seed, position
        self._each = {name: -(-len(found) // batch_size) for name, found in self._rows.items()}
        self._round = take_turns(self._each)
        self._epochs: dict[tuple[str, int], list[Indices]] = {}

    @property
    def batches_per_epoch(self) -> int:
        """Steps in which every row of every member is seen once."""
        return len(self._round)

    def batch(self, step: int) -> tuple[str, Indices]:
        """The member and rows of `step`, counted from 0."""
        turn = self._turn(step)
        epoch, place = divmod(turn.count, self._each[turn.member])
        return turn.member, self._epoch(turn.member, epoch)[place]

    def _turn(self, step: int) -> Turn:
        epoch, place = divmod(step, len(self._round))
        turn = self._round[place]
        return Turn(turn.member, turn.count + epoch * self._each[turn.member])

    def _epoch(self, member: str, epoch: int) -> list[Indices]:
        key = (member, epoch)
        if key not in self._epochs:
            for old in [known for known in self._epochs if known[0] == member]:
                del self._epochs[old]
            seed = derived_seed("order", self._seed, self._position, member, epoch)
            self._epochs[key] = bucketed(
                self._rows[member], self._lengths[member], self._size, seed
            )
        return self._epochs[key]


def bucketed(rows: Indices, lengths: NDArray[np.generic], size: int, seed: int) -> list[Indices]:
    """One epoch's batches: every row once, rows of similar length together, random order."""
    generator = np.random.Generator(np.random.PCG64(seed))
    shuffled = generator.permutation(rows)
    batches: list[Indices] = []
    for start in range(0, len(shuffled), size * WINDOW):
        window = shuffled[start : start + size * WINDOW]
        ordered = window[np.argsort(lengths[window], kind="stable")]
        cut = [ordered[at : at + size] for at in range(0, len(ordered), size)]
        batches.extend(cut[place] for place in generator.permutation(len(cut)))
    return batches


def take_turns(batches: Mapping[str, int]) -> tuple[Turn, ...]:
    """Spread each member's batches of one epoch evenly.

    At every place the member that is furthest behind its share goes next, ties by name; so any
    stretch holds each member in proportion to its rows, within about one batch.
    """
    total = sum(batches.values())
    taken = dict.fromkeys(sorted(batches), 0)
    turns: list[Turn] = []
    for place in range(1, total + 1):
        name = max(taken, key=lambda name: batches[name] * place - taken[name] * total)
        turns.append(Turn(name, taken[name]))
        taken[name] += 1
    return tuple(turns)


def limited(rows: int, limit: int | None) -> Indices:
    """The rows to train on, ascending: all, or the `limit` first of a fixed shuffle.

    The choice depends on neither seed nor position, and a larger limit holds a smaller one's rows.
    """
    if limit is None or limit >= rows:
        return np.arange(rows, dtype=np.int64)
    shuffled = np.random.Generator(np.random.PCG64(derived_seed("rows"))).permutation(rows)
    return np.sort(shuffled[:limit]).astype(np.int64)


def total_steps(recipe: Recipe, batches_per_epoch: int) -> int:
    """Optimiser steps of a stage, at least one."""
    if recipe.steps is not None:
        return max(1, recipe.steps)
    return max(1, round((recipe.epochs or 0.0) * batches_per_epoch))
