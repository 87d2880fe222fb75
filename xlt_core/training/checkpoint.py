"""Mid-stage checkpoints: what a successor needs to end with the same bits.

`state.safetensors` holds the trained weights and AdamW's two moments, `progress.json` all the rest.
No generator state is kept: order and dropout are functions of the step (see `order`, `loop`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

STATE, PROGRESS = "state.safetensors", "progress.json"
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Checkpoints(Protocol):
    """Where one stage's checkpoints are kept; `xlt_core.store` has the member."""

    def latest(self) -> Path | None:
        """The newest complete checkpoint's folder, verified; None where there is none."""
        ...

    def save(self, step: int, write: Callable[[Path], None]) -> None:
        """Keep what `write` puts into the folder it is given."""
        ...


@dataclass
class Progress:
    """How far a stage's training has come.

    Attributes:
        step: optimiser steps done.
        tokens: tokens trained on, padding not counted.
        seconds: computing time, over all attempts.
        window: losses since the last point of the curve.
        curve: points {step, loss, learning_rate, at}; a loss is the mean since the point before.
        attempts: {started, from_step, to_step, ended}, times in seconds since the epoch; of an
            attempt that was killed, what its last checkpoint knew.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    window: list[float] = field(default_factory=list)
    curve: list[dict[str, float]] = field(default_factory=list)
    attempts: list[dict[str, float]] = field(default_factory=list)


def save(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, at: Progress) -> None:
    """Write a checkpoint into `folder`."""
    tensors: dict[str, Tensor] = {}
    for name, value in _trained(model):
        tensors[f"model.{name}"] = _on_host(value)
        for moment in _MOMENTS:
            if moment in optimizer.state[value]:
                tensors[f"{moment}.{name}"] = _on_host(optimizer.state[value][moment])
    save_file(tensors, folder / STATE)
    (folder / PROGRESS).write_text(json.dumps(asdict(at)), encoding="utf-8")


def restore(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Put a checkpoint's state into `model` and `optimizer`; return its progress."""
    record: dict[str, Any] = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
    progress = Progress(**record)
    tensors = load_file(folder / STATE)
    with torch.no_grad():
        for name, value in _trained(model):
            value.copy_(tensors[f"model.{name}"])
            if f"{_MOMENTS[0]}.{name}" in tensors:
                moments = {m: tensors[f"{m}.{name}"].to(value.device) for m in _MOMENTS}
                count = torch.tensor(float(progress.step), device=value.device)
                optimizer.state[value] = {"step": count, **moments}
    return progress


def _trained(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def _on_host(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()
