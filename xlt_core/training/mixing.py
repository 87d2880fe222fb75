"""Batches of many languages: how often each is drawn, and which of its rows.

A language with n rows is drawn in proportion to n^alpha (Conneau et al. 2020, XLM-R, section 3.1;
Conneau and Lample 2019, section 3.1): below 1, small languages come more often than they are. Every
batch is of several languages, its rows alike in length. Neighbour: `order`, which has each batch of
one member.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xlt_core.training.order import WINDOW, Indices, bucketed
from xlt_core.vocabulary.fingerprint import derived_seed


def tempered(sizes: Mapping[str, int], alpha: float) -> dict[str, float]:
    """Each one's share, its size to the power of `alpha` over the sum of all; they add up to 1."""
    powers = {name: size**alpha for name, size in sizes.items()}
    total = math.fsum(powers.values())
    return {name: power / total for name, power in powers.items()}


class MixedOrder:
    """The batches of one stage; an `Order`. They are a function of the step and of nothing before.

    Args:
        member: the one member's name.
        lengths: of each row in tokens [rows].
        groups: by name, rows that are drawn in turn, each once before any comes again.
        shares: by name, how much of the rows is of the group; they add up to 1.
        batch_size: rows a step.
        seed: of the stage.
    """

    def __init__(
        self,
        member: str,
        lengths: NDArray[np.generic],
        groups: Mapping[str, Indices],
        shares: Mapping[str, float],
        batch_size: int,
        seed: int,
    ) -> None:
        self._member, self._lengths, self._groups = member, lengths, dict(groups)
        self._size, self._seed = batch_size, seed
        self._each = apportioned(shares, batch_size * WINDOW)
        self._round: tuple[int, list[Indices]] = (-1, [])

    @property
    def batches_per_epoch(self) -> int:
        """Steps in which as many rows are drawn as there are."""
        return -(-sum(len(rows) for rows in self._groups.values()) // self._size)

    def batch(self, step: int) -> tuple[str, Indices]:
        """The member and rows of `step`, counted from 0."""
        number, place = divmod(step, WINDOW)
        if self._round[0] != number:
            self._round = (number, self._drawn(number))
        return self._member, self._round[1][place]

    def _drawn(self, number: int) -> list[Indices]:
        """The batches of a round: so many of each group, from where the round before left off."""
        parts = [self._next(name, number * each, each) for name, each in self._each.items()]
        seed = derived_seed("mixed", self._seed, number)
        return bucketed(np.concatenate(parts), self._lengths, self._size, seed)

    def _next(self, name: str, start: int, count: int) -> Indices:
        rows = self._groups[name]
        first, last = start // len(rows), (start + count - 1) // len(rows)
        passes = [self._shuffled(name, number) for number in range(first, last + 1)]
        found: Indices = np.concatenate([rows[:0], *passes])[start - first * len(rows) :][:count]
        return found

    def _shuffled(self, name: str, number: int) -> Indices:
        seed = derived_seed("mixed", self._seed, name, number)
        return np.random.Generator(np.random.PCG64(seed)).permutation(self._groups[name])


def apportioned(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that add up to `total`, in proportion: the largest remainders get the rest."""
    whole = {name: math.floor(share * total) for name, share in shares.items()}
    left = total - sum(whole.values())
    by_rest: Sequence[str] = sorted(shares, key=lambda n: (whole[n] - shares[n] * total, n))
    for name in by_rest[:left]:
        whole[name] += 1
    return whole
