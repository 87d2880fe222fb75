"""Equal bits on equal machines: what torch must be told for a stage to compute the same twice.

An operation that cannot keep the promise on a device fails by its name. A warning in its place, as
torch offers, is worse than it reads: attention's kernels then go on adding up in whatever order
their blocks come, and on a GPU every repetition of a training ends with other weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

# CUDA's matrix products add up in one order only with a workspace of a fixed size, which is read
# when the first one is computed: so it is said as soon as there is anything that may compute.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Compute the same bits each time; the caller's generators and flags stay as they were.

    Denormal numbers are flushed: the moments of words that have not been seen for long decay into
    them, and arithmetic on them is many times slower.

    Raises:
        RuntimeError: from within, an operation that has no reproducible form on `device`.
    """
    before = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    switches: Any = torch.utils.deterministic
    filled = switches.fill_uninitialized_memory
    devices = [device] if device.type == "cuda" else []
    flushed = torch.set_flush_denormal(True)
    switches.fill_uninitialized_memory = False
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned)
        switches.fill_uninitialized_memory = filled
        if flushed:
            torch.set_flush_denormal(False)
