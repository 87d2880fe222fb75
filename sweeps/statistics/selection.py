"""How well a predictor selects: what its choice loses, and how its order agrees with the truth.

Sources: Regret@k, Renggli et al. (2022), Which Model to Transfer? (CVPR), here in points; NDCG@k,
Järvelin and Kekäläinen (2002), ACM TOIS 20, for choosing transfer languages Lin et al. (2019),
Choosing Transfer Languages for Cross-Lingual Learning (ACL); Kendall's tau-b (1945).

Among plans predicted alike the worst comes first: a predictor that cannot tell gets no credit.
NDCG wants relevances that are not negative, so gains count from the lowest of the candidates up:
its size depends on that one, and is compared only over the same candidates. Not for a predictor
that has seen the gains; one target's quality is one value: for an interval give the values of many
targets or languages, and seeds, to `crossed`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Candidate = TypeVar("Candidate", bound=Hashable)


@dataclass(frozen=True)
class SelectionQuality:
    """Of `candidates` that have a prediction and a gain; `missing` have one of them alone.

    `regret`: points between the best of all and the best of the k predicted highest;
    `chance_regret`: the same of k drawn by chance, on average. `ndcg`: 1 for the true order; None
    where all gains are equal. `kendall`: 1 the true order, -1 its reverse; None with one
    candidate, or where all are equal.
    """

    k: int
    regret: float
    chance_regret: float
    ndcg: float | None
    kendall: float | None
    candidates: int
    missing: int


def selection_quality(
    predicted: Mapping[Candidate, float], gains: Mapping[Candidate, float], k: int = 1
) -> SelectionQuality:
    """How well `predicted` selects among what is in `gains`.

    Args:
        predicted: any score, higher is better, by candidate.
        gains: what candidates really gain, points.
        k: how many are tried in the order predicted.

    Raises:
        ValueError: there is nothing to select from, or k is below 1.
    """
    from scipy.stats import kendalltau  # type: ignore[import-untyped]

    both = [one for one in predicted if one in gains]
    if not both or k < 1:
        raise ValueError("nothing to select from" if k >= 1 else f"k is {k}, below 1")
    order = sorted(both, key=lambda one: (-predicted[one], gains[one]))
    true = [gains[one] for one in order]
    best, k = max(true), min(k, len(true))
    pairs = [predicted[one] for one in both], [gains[one] for one in both]
    tau = float(kendalltau(*pairs)[0]) if len(both) > 1 else math.nan
    return SelectionQuality(
        k,
        best - max(true[:k]),
        best - _expected_best(sorted(true), k),
        _ndcg(true, k),
        None if math.isnan(tau) else tau,
        len(both),
        len(set(predicted) ^ set(gains)),
    )


def _expected_best(ascending: list[float], k: int) -> float:
    """The mean of the best of k drawn without replacement: each is it in C(those below, k - 1)."""
    ways = math.comb(len(ascending), k)
    return sum(math.comb(below, k - 1) * gain for below, gain in enumerate(ascending)) / ways


def _ndcg(true: list[float], k: int) -> float | None:
    """Discounted gain of the first k over that of the true order."""
    lowest = min(true)
    ideal = _discounted(sorted(true, reverse=True)[:k], lowest)
    return _discounted(true[:k], lowest) / ideal if ideal > 0 else None


def _discounted(gains: list[float], lowest: float) -> float:
    return math.fsum((gain - lowest) / math.log2(at + 2) for at, gain in enumerate(gains))
