"""The engine's one door: `run(stage, store, report)` computes one stage and publishes it.

It knows nothing of searching, Ray or MLflow and runs in a plain process. What is passed in
`Settings` cannot change a result beyond rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlt_core.vocabulary.events import Event


@dataclass(frozen=True)
class Settings:
    """How stages are executed here; nothing of it enters a key.

    Attributes:
        cache: folder for encoded data.
        device: `cpu`, `cuda`, or `auto`.
        threads: torch threads; one count a sweep, recorded with each stage.
        micro_batch: examples a forward pass holds at once; None for the whole batch.
        checkpoint_seconds: seconds between mid-stage checkpoints.
        log_steps: optimiser steps between two points of the loss curve.
        executor: free labels written to `stage.json` (which sweep, which worker).
    """

    cache: Path
    device: str = "auto"
    threads: int = 1
    micro_batch: int | None = None
    checkpoint_seconds: float = 60.0
    log_steps: int = 10
    executor: dict[str, Any] = field(default_factory=dict)


Report = Callable[[Event], None]
