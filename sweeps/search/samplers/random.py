"""Random: candidates in a shuffled order, none twice before all have been.

The shuffle is a permutation computed number by number, so that nothing is enumerated.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from hashlib import blake2b

from sweeps.search.candidates import Candidates
from sweeps.search.view import View
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan

_ROUNDS = 6


class Random:
    """Every plan equally likely (so long ones, of which there are more, come up more often)."""

    def __init__(self, candidates: Candidates, options: Mapping[str, object]) -> None:
        """Everything it needs is in the view."""

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """The next of the shuffled candidates, or of the shuffled plans at settings drawn freely.

        The first of them, the baseline, keeps its place: it is trial 0.
        """
        candidates = view.candidates
        if candidates.size is not None:
            return candidates.unrank(_pick(number, candidates.size, view, attempt))
        plan = candidates.plans.unrank(_pick(number, candidates.plans.size, view, 0))
        return plan, candidates.settings.draw(view.seed_for(number, attempt))


def _pick(number: int, size: int, view: View, attempt: int) -> int:
    """A rank in [1, size), or 0 where there is no other."""
    if size == 1:
        return 0
    if attempt:
        return random.Random(view.seed_for(number, attempt)).randrange(1, size)
    return 1 + permuted((number - 1) % (size - 1), size - 1, view.seed)


def permuted(index: int, size: int, seed: int) -> int:
    """Where a seeded permutation of [0, size) sends `index`.

    A Feistel network over the next even number of bits, walked until it lands inside
    (Black & Rogaway, Ciphers with Arbitrary Finite Domains, 2002).
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    while True:
        index = _feistel(index, half, seed)
        if index < size:
            return index


def _feistel(value: int, half: int, seed: int) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for round_ in range(_ROUNDS):
        text = f"{seed} {round_} {right}".encode()
        # Spaces beyond 512 bits (about a hundred tasks) would need a longer digest.
        mixed = int.from_bytes(blake2b(text, digest_size=64).digest(), "big") & mask
        left, right = right, left ^ mixed
    return left << half | right
