"""Which pieces are hidden, and by what: a function of a seed and of where a piece stands.

A piece's numbers are those of its place in the split, whatever other rows are in the batch, so that
neither the batch nor the micro-batch changes them. Of each row 15 % of the pieces are hidden, one
at least, as in BERT's own `create_pretraining_data.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.arrays import IGNORED

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.kind import Ints, Layout

SHARE = 0.15  # of a row's pieces that are hidden, where nobody says otherwise
MASK, OTHER = 0.8, 0.1  # of these: behind the mask, behind any other piece; the rest stay

Floats = NDArray[np.float64]


def masked(split: EncodedSplit, layout: Layout, share: float) -> dict[str, Ints]:
    """`input_ids` and `asked` [S, T] of a batch; see `MaskedLanguageModelling.targets`.

    Where the layout has no seed, nothing is to be learnt: all that is hidden is behind the mask.
    """
    arrays, seed = split.arrays, layout.seed
    ids = layout.filled(arrays["ids"], split.pad)
    chosen = _chosen(layout, arrays["free"], uniform(seed or 0, 0, layout.taken), share)
    mask, others = int(arrays["pieces"][0]), arrays["pieces"][1:]
    shown = np.where(chosen, mask, ids)
    if seed is not None:
        drawn = others[(uniform(seed, 1, layout.taken) * len(others)).astype(np.int64)]
        behind = _spread(layout, uniform(seed, 2, layout.taken), 0.0)
        shown = np.where(chosen & (behind >= MASK), _spread(layout, drawn, split.pad), shown)
        shown = np.where(chosen & (behind >= MASK + OTHER), ids, shown)
    return {"input_ids": shown, "asked": np.where(chosen, ids, IGNORED)}


def uniform(seed: int, stream: int, places: NDArray[np.integer[Any]]) -> Floats:
    """A number in [0, 1) for each place, from one of a seed's streams.

    SplitMix64 (Steele, Lea and Flood 2014, figure 16), whose state is the place.
    """
    with np.errstate(over="ignore"):
        start = np.uint64(seed) ^ (np.uint64(stream) * np.uint64(0xD1B54A32D192ED03))
        found = (places.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        found += _mixed(start)
        drawn: Floats = (_mixed(found) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn


def _mixed(values: Any) -> Any:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _chosen(layout: Layout, free: Ints, drawn: Floats, share: float) -> NDArray[np.bool_]:
    """Which pieces are hidden [S, T]: of each row those with the lowest numbers."""
    numbers = _spread(layout, np.where(free[layout.taken] == 1, drawn, np.inf), np.inf)
    there = np.isfinite(numbers).sum(axis=1)
    wanted = np.minimum(there, np.maximum(1, np.floor(share * there + 0.5)))
    order = np.argsort(numbers, axis=1, kind="stable")
    chosen = np.zeros(numbers.shape, dtype=np.bool_)
    np.put_along_axis(chosen, order, np.arange(numbers.shape[1]) < wanted[:, None], axis=1)
    return chosen


def _spread(layout: Layout, values: NDArray[Any], empty: float) -> NDArray[Any]:
    """A batch's values of each token, `empty` on padding [S, T]."""
    made = np.full(layout.mask.shape, empty, dtype=values.dtype)
    made[layout.mask] = values
    return made
