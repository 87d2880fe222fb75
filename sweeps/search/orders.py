"""Orders: which tuples of step indices are plans, in canonical order, by arithmetic alone.

Canonical order is by length, then lexicographic by index; nothing here is ever enumerated, so that
a space of millions costs no more than one of ten. `space` puts steps on the indices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from math import comb, perm
from typing import Protocol

Picks = tuple[int, ...]


class Orders(Protocol):
    """The admissible tuples of indices and their canonical order; the empty tuple is always one."""

    @property
    def size(self) -> int:
        """How many tuples there are."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths that occur, ascending."""

    def __contains__(self, picks: Picks) -> bool: ...

    def rank(self, picks: Picks) -> int:
        """Position of `picks`, which must be in here, in canonical order."""

    def unrank(self, rank: int) -> Picks:
        """The tuple at `rank`, which must lie in [0, size)."""

    def tidy(self, picks: Picks) -> Picks:
        """The admissible writing of distinct `picks` where order does not vary."""


@dataclass(frozen=True)
class ByLength(ABC):
    """Tuples of `counts` indices out of `total`, shorter ones first; how many of each is known."""

    total: int
    counts: tuple[int, ...]

    @abstractmethod
    def how_many(self, count: int) -> int:
        """Tuples of this length."""

    @property
    def size(self) -> int:
        """The sum over all lengths."""
        return self._offsets[-1]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths that occur, ascending."""
        return self.counts

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        """Rank of the first tuple of each length, and the size at the end."""
        return tuple(accumulate(map(self.how_many, self.counts), initial=0))

    def _locate(self, rank: int) -> tuple[int, int]:
        """The length of the tuple at `rank`, and its rank among those of that length."""
        at = bisect_right(self._offsets, rank) - 1
        return self.counts[at], rank - self._offsets[at]


class Permutations(ByLength):
    """Every order of every choice of `counts` out of `total`: the k-permutations."""

    def how_many(self, count: int) -> int:
        """total! / (total - count)!"""
        return perm(self.total, count)

    def __contains__(self, picks: Picks) -> bool:
        return len(picks) in self.counts and len(set(picks)) == len(picks)

    def rank(self, picks: Picks) -> int:
        """Position in canonical order."""
        left, rank = list(range(self.total)), self._offsets[self.counts.index(len(picks))]
        for place, pick in enumerate(picks):
            at = left.index(pick)
            rank += at * perm(len(left) - 1, len(picks) - place - 1)
            left.pop(at)
        return rank

    def unrank(self, rank: int) -> Picks:
        """The arrangement at `rank`."""
        count, rank = self._locate(rank)
        left, picks = list(range(self.total)), []
        for place in range(count):
            at, rank = divmod(rank, perm(len(left) - 1, count - place - 1))
            picks.append(left.pop(at))
        return tuple(picks)

    def tidy(self, picks: Picks) -> Picks:
        """Every order is a plan of its own."""
        return picks


class Combinations(ByLength):
    """One order of every choice of `counts` out of `total`: the ascending k-combinations."""

    def how_many(self, count: int) -> int:
        """The binomial coefficient."""
        return comb(self.total, count)

    def __contains__(self, picks: Picks) -> bool:
        return len(picks) in self.counts and all(low < high for low, high in pairwise(picks))

    def rank(self, picks: Picks) -> int:
        """Position in canonical order."""
        count = len(picks)
        rank, start = self._offsets[self.counts.index(count)], 0
        for place, pick in enumerate(picks):
            for skipped in range(start, pick):
                rank += comb(self.total - skipped - 1, count - place - 1)
            start = pick + 1
        return rank

    def unrank(self, rank: int) -> Picks:
        """The selection at `rank`."""
        count, rank = self._locate(rank)
        picks: list[int] = []
        for index in range(self.total):
            if len(picks) == count:
                break
            below = comb(self.total - index - 1, count - len(picks) - 1)
            if rank < below:
                picks.append(index)
            else:
                rank -= below
        return tuple(picks)

    def tidy(self, picks: Picks) -> Picks:
        """Ascending."""
        return tuple(sorted(picks))


class Listed:
    """Just these tuples, in the order given; the empty one is put first where it is missing."""

    def __init__(self, tuples: Iterable[Picks]) -> None:
        self._tuples = tuple(dict.fromkeys([(), *tuples]))
        self._ranks = {picks: rank for rank, picks in enumerate(self._tuples)}

    @property
    def size(self) -> int:
        """How many were listed, the empty one among them."""
        return len(self._tuples)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths that occur, ascending."""
        return tuple(sorted({len(picks) for picks in self._tuples}))

    def __contains__(self, picks: Picks) -> bool:
        return picks in self._ranks

    def rank(self, picks: Picks) -> int:
        """Position in the list."""
        return self._ranks[picks]

    def unrank(self, rank: int) -> Picks:
        """The tuple at `rank`."""
        return self._tuples[rank]

    def tidy(self, picks: Picks) -> Picks:
        """A listed plan is meant as it was written."""
        return picks
