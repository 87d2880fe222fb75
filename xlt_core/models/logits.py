"""Logits of a whole split, in batches of features that are alike in length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.kind import Logits
from xlt_core.models.batches import TOKENS_ELSEWHERE, TOKENS_ON_CPU, by_length
from xlt_core.models.dropout_source import DropoutSource
from xlt_core.models.tensors import to_tensors
from xlt_core.vocabulary.errors import NonFiniteScores


class Predicts(Protocol):
    """What is needed of a model: a forward pass by one of its heads, and silence."""

    noise: DropoutSource

    def __call__(self, head: str, batch: Mapping[str, Tensor], /) -> Tensor:
        """Logits of a batch."""

    def parameters(self) -> Iterator[Tensor]:
        """On the device that it computes on."""

    def eval(self) -> object:
        """Leave training."""


def features_logits(model: Predicts, head: str, encoded: EncodedSplit) -> list[Logits]:
    """Logits of each feature in order: [outputs], or [T, outputs] with padding cut off.

    Raises:
        NonFiniteScores: some are infinite or not numbers; a label chosen by them is no prediction.
    """
    device = next(model.parameters()).device
    tokens = TOKENS_ON_CPU if device.type == "cpu" else TOKENS_ELSEWHERE
    found: list[Logits] = [np.empty(0, np.float32)] * len(encoded)
    lengths = encoded.lengths()
    model.eval()
    model.noise.silence()
    with torch.inference_mode():
        for rows in by_length(lengths, encoded.width, tokens):
            batch = to_tensors(_inputs(encoded.batch(rows.tolist())), device)
            logits = model(head, batch).cpu().numpy()
            for row, values in zip(rows, logits, strict=True):
                found[row] = values if values.ndim == 1 else values[: lengths[row]]
    wrong = sum(not np.isfinite(values).all() for values in found)
    if wrong:
        what = f"the logits of {wrong} of {len(found)} rows are infinite or no numbers"
        raise NonFiniteScores(f"{head}: {what}")
    return found


def _inputs(batch: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    return {
        name: batch[name]
        for name in ("input_ids", "attention_mask", "token_type_ids", "asked")
        if name in batch
    }
