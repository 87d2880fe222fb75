"""How a stage is run, and what became of it: what goes in and out at `xlt_core.stage`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.scores import Scores

Report = Callable[[Event], None]


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
    executor: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """What became of a stage.

    Attributes:
        key: the stage's.
        answer: what its kind hands to whoever asked (see `Stage.answer`), as plain data.
        executed: False where the store held the stage already.
        seconds: computing time over all attempts, as published.
    """

    key: str
    answer: Mapping[str, Any] | None
    executed: bool = True
    seconds: float = 0.0

    @property
    def scores(self) -> Scores | None:
        """An evaluation's answer; None where there is none. Raises TypeError for another kind's."""
        return None if self.answer is None else Scores(**self.answer)
