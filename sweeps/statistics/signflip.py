"""The sign-flip test over seeds: were the gain nothing, each seed's could as well be its negative.

Source: Fisher, The Design of Experiments (1935), section 21; as a test of paired systems, Dror,
Baumer, Shlomov and Reichart (2018), The Hitchhiker's Guide to Testing Statistical Significance in
NLP (ACL), section 3. All 2^n ways are counted for up to 16 seeds, so p is exact; beyond, 9,999 are
drawn (`scipy.stats.permutation_test`).

It needs no normal noise, only noise that is as often above as below by as much: not for gains whose
noise is skewed. It speaks of these languages alone, other seeds drawn. Not with fewer than six
seeds if p has to be below 0.05: `smallest_p`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sweeps.statistics.cells import Cells, as_table, axes

EXACT_SEEDS = 16


@dataclass(frozen=True)
class SignFlips:
    """The mean over languages of the mean over seeds, and how seldom signs alone make it as large.

    `p` is two-sided; None with one seed, or where a language lacks a seed (`complete` is False):
    seeds whose means are of other languages cannot be flipped for each other.
    """

    mean: float
    p: float | None
    smallest: float
    seeds: int
    languages: int
    complete: bool


def sign_flips(cells: Cells) -> SignFlips:
    """The two-sided sign-flip test of `cells`, gains by (language, seed), over seeds.

    Raises:
        ValueError: there are no cells.
    """
    import numpy as np
    from scipy.stats import permutation_test  # type: ignore[import-untyped]

    if not cells:
        raise ValueError("nothing to test")
    languages, seeds = axes(cells)
    table = as_table(cells)
    complete = not bool(np.isnan(table).any())
    mean = float(np.nanmean(table, axis=1).mean())
    p = None
    if complete and len(seeds) > 1:
        found = permutation_test(
            (table.mean(axis=0),),
            lambda values, axis: np.mean(values, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=2**EXACT_SEEDS if len(seeds) <= EXACT_SEEDS else 9999,
            rng=np.random.default_rng(0),
        )
        p = float(found.pvalue)
    return SignFlips(mean, p, smallest_p(len(seeds)), len(seeds), len(languages), complete)


def smallest_p(seeds: int) -> float:
    """The smallest two-sided p that a sign-flip test over `seeds` paired differences can reach.

    All differences of one sign is 1 of the 2^seeds ways to flip them, and its mirror another; so
    three seeds never reach below 0.25.
    """
    return min(1.0, math.ldexp(2.0, -seeds))
