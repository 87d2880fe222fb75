"""What is written down about a computed stage: the fields of `stage.json`.

Times are seconds since the epoch; `seconds` is computing time over all attempts.
"""

from __future__ import annotations

import os
import platform
import socket

import torch
import transformers

from xlt_core.stages import Stage
from xlt_core.stages.running import Settings


def about(
    stage: Stage, settings: Settings, device: torch.device, started: float, finished: float
) -> dict[str, object]:
    """What every stage's record holds; the kinds add their own fields."""
    return {
        "kind": stage.kind,
        "key": stage.key,
        "title": stage.title,
        "parents": [parent.key for parent in stage.parents],
        "identity": stage.identity(),
        **stage.described(),
        "started": round(started, 3),
        "finished": round(finished, 3),
        "worker": worker(settings, device),
        "executor": dict(settings.executor),
    }


def worker(settings: Settings, device: torch.device) -> dict[str, object]:
    """Who computed it, and with what."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "device": name,
        "threads": settings.threads,
        "micro_batch": settings.micro_batch,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    }
