"""Training only the words that occur: the rest of the embedding table needs no optimiser.

A word that no training row holds has no gradient, so all that AdamW does to its embedding is to
decay it, by a factor known beforehand. A multilingual table is mostly such words (XLM-R base: 192
of 278 million weights): leaving them out of gradients, moments and checkpoints changes no result
beyond rounding, and saves their time and memory. Next: `xlt_core.work.train`, which uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.learner import Learner
from xlt_core.models.parts import Words, words_of

MOST = 0.8  # of the table; where more of it occurs, narrowing is not worth the copy


class Narrow:
    """An encoder's word embeddings, narrowed to the words that occur.

    Attributes:
        kept: ids of the words kept, ascending; all up to the padding token are among them, so
            that it keeps its id.
    """

    def __init__(self, encoder: Words, kept: NDArray[np.int64]) -> None:
        self.kept = kept
        self._encoder = encoder
        self._whole = encoder.get_input_embeddings()
        self._rows = torch.from_numpy(kept).to(self._whole.weight.device)
        with torch.no_grad():
            weight = self._whole.weight.detach()[self._rows].clone()
        padding = self._whole.padding_idx
        small = nn.Embedding.from_pretrained(weight, freeze=False, padding_idx=padding)
        encoder.set_input_embeddings(small)

    def split(self, split: EncodedSplit) -> EncodedSplit:
        """The same rows in the narrowed table's ids."""
        ids = np.searchsorted(self.kept, split.arrays["ids"]).astype(np.int32)
        return replace(split, arrays={**split.arrays, "ids": ids})

    def widen(self, decay: float) -> None:
        """Put the trained rows back into the whole table, the others multiplied by `decay`."""
        small = self._encoder.get_input_embeddings()
        with torch.no_grad():
            if decay != 1.0:
                self._whole.weight.mul_(decay)
            self._whole.weight[self._rows] = small.weight.to(self._whole.weight.device)
        self.restore()

    def restore(self) -> None:
        """Put the whole table back in its place."""
        self._encoder.set_input_embeddings(self._whole)


@contextmanager
def narrowed(model: Learner, splits: Mapping[str, EncodedSplit]) -> Iterator[Narrow | None]:
    """Narrow `model` to the words of `splits`, if that pays; the table is back at the end.

    Its trained rows are back only after `widen`.
    """
    kept = _occurring(model, splits.values()) if model.narrows_words else None
    if kept is None:
        yield None
        return
    narrow = Narrow(words_of(model.encoder), kept)
    try:
        yield narrow
    finally:
        narrow.restore()


def _occurring(model: Learner, splits: Iterable[EncodedSplit]) -> NDArray[np.int64] | None:
    table = words_of(model.encoder).get_input_embeddings()
    seen = np.zeros(table.num_embeddings, dtype=np.bool_)
    seen[: (table.padding_idx or 0) + 1] = True
    for split in splits:
        seen[split.pad] = True
        seen[split.arrays["ids"]] = True
    return None if seen.mean() > MOST else np.flatnonzero(seen)
