"""What this process takes of its machine while it trains, for the points of a curve."""

from __future__ import annotations

import time

import psutil
import torch

_MEBIBYTE = 2**20


class Usage:
    """`since_last`, again and again; changes no result."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._process = device, psutil.Process()
        self._mark = time.process_time(), time.monotonic()

    def since_last(self) -> dict[str, float]:
        """Processor time since the call before, and memory now.

        Returns:
            `processor` in percent of a core, `memory` resident in MiB and, on a GPU, `gpu_memory`
            in MiB that torch has there: what it took once it keeps.
        """
        (before, began), self._mark = self._mark, (time.process_time(), time.monotonic())
        now, ended = self._mark
        found = {
            "processor": round(100 * (now - before) / max(ended - began, 1e-9), 1),
            "memory": round(self._process.memory_info().rss / _MEBIBYTE, 1),
        }
        if self._device.type == "cuda":
            found["gpu_memory"] = round(torch.cuda.memory_reserved(self._device) / _MEBIBYTE, 1)
        return found
