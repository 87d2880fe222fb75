"""Batches of numpy arrays → tensors on a device."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_tensors(batch: Mapping[str, NDArray[np.generic]], device: torch.device) -> dict[str, Tensor]:
    """A batch on `device`; its attention mask is left out where nothing is padded.

    Whole numbers become int64, others float32.
    """
    return {
        name: torch.from_numpy(_plain(values)).to(device, non_blocking=True)
        for name, values in batch.items()
        if name != "attention_mask" or not values.all()
    }


def _plain(values: NDArray[np.generic]) -> NDArray[np.generic]:
    is_float = np.issubdtype(values.dtype, np.floating)
    return np.ascontiguousarray(values, dtype=np.float32 if is_float else np.int64)
