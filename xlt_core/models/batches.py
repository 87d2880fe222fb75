"""How a split is cut into batches for prediction: by length, so that little is padding.

Composed within the split alone, so scores do not depend on what else is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Padded tokens of one batch. On a CPU more would only leave the cache.
TOKENS_ON_CPU = 4096
TOKENS_ELSEWHERE = 65536


def by_length(lengths: NDArray[np.generic], width: int, tokens: int) -> Iterator[NDArray[np.int64]]:
    """Yield every feature once, longest first, at most `tokens` padded tokens a batch.

    Args:
        lengths: tokens of each feature's longest sequence [F].
        width: sequences a feature has.
        tokens: the budget; a single feature may exceed it.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    start = 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]])) * width
        count = max(1, tokens // longest)
        yield order[start : start + count]
        start += count
