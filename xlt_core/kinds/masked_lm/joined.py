"""Texts of several languages as one split, so that a batch may be of any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.kind import Ints
from xlt_core.kinds.masked_lm import MaskedLanguageModelling
from xlt_core.kinds.masked_lm.masks import SHARE


def joined(
    splits: Mapping[str, EncodedSplit], share: float = SHARE
) -> tuple[EncodedSplit, dict[str, NDArray[np.int64]]]:
    """One split, to be trained on, and which of its rows each of `splits` has become.

    What a piece may be hidden behind is any piece that occurs in one of them. The examples
    themselves are left behind.

    Args:
        share: of a row's pieces that are hidden.
    """
    parts = list(splits.values())
    arrays = {name: _end_to_end(parts, name) for name in ("ids", "free")}
    if "types" in parts[0].arrays:
        arrays["types"] = _end_to_end(parts, "types")
    lengths = [np.diff(part.arrays["starts"]) for part in parts]
    arrays["starts"] = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    mask = parts[0].arrays["pieces"][:1]
    pieces = np.unique(np.concatenate([part.arrays["pieces"][1:] for part in parts]))
    arrays["pieces"] = np.concatenate([mask, pieces])
    ends = np.cumsum([len(part) for part in parts])
    rows = {
        name: np.arange(end - len(part), end, dtype=np.int64)
        for (name, part), end in zip(splits.items(), ends, strict=True)
    }
    kind = MaskedLanguageModelling(share)
    return replace(parts[0], kind=kind, arrays=arrays, examples=int(ends[-1])), rows


def _end_to_end(parts: list[EncodedSplit], name: str) -> Ints:
    made: Ints = np.concatenate([part.arrays[name] for part in parts])
    return made
