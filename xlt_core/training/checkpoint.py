"""Mid-stage checkpoints: what a successor needs to end with the same bits.

`state.safetensors` holds the trained weights (`model.<name>`), all that the optimiser holds of each
(`optimizer.<entry>.<name>`: AdamW's step and moments) and what the method remembers
(`method.<name>`), `progress.json` all the rest. Nothing is worked out from a global: a mixture's
head has taken fewer steps than the encoder, or none.
No generator state is kept: order and dropout are functions of the step (see `order`, `loop`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from xlt_core.models.weights_file import write_weights
from xlt_core.training.methods.method import Course

STATE, PROGRESS = "state.safetensors", "progress.json"
# Of the files' contents; a checkpoint of another form is no use and is not read.
FORM = 2

log = logging.getLogger("xlt.training")


class CheckpointStore(Protocol):
    """Where one stage's checkpoints are kept; `xlt_core.store` has the member."""

    def latest(self) -> Path | None:
        """The newest complete checkpoint's folder, verified; None where there is none."""
        ...

    def save(self, step: int, write: Callable[[Path], None]) -> None:
        """Keep what `write` puts into the folder it is given."""
        ...

    def drop(self) -> None:
        """Remove them all."""
        ...


@dataclass
class TrainingProgress:
    """How far a stage's training has come.

    Attributes:
        step: optimiser steps done.
        tokens: tokens trained on, padding not counted.
        seconds: computing time, over all attempts.
        window: losses since the last point of the curve.
        curve: points {step, loss, learning_rate, at} and what `usage` tells; a loss is the mean
            since the point before.
        attempts: {started, from_step, to_step, ended}, times in seconds since the epoch; of an
            attempt that was killed, what its last checkpoint knew.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    window: list[float] = field(default_factory=list)
    curve: list[dict[str, float]] = field(default_factory=list)
    attempts: list[dict[str, float]] = field(default_factory=list)


def save(folder: Path, state: Mapping[str, Tensor], at: TrainingProgress) -> None:
    """Write a checkpoint of what is `held` into `folder`."""
    write_weights({name: _on_host(value) for name, value in state.items()}, folder / STATE)
    record = {"form": FORM, **asdict(at)}
    (folder / PROGRESS).write_text(json.dumps(record), encoding="utf-8")


def restore(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, course: Course
) -> TrainingProgress | None:
    """Put a checkpoint's state into `model`, `optimizer` and `course`, new as made; return its
    progress.

    None where it is of another form or of another model's weights: then nothing was touched, and
    training begins anew.
    """
    record: dict[str, Any] = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
    form = record.pop("form", 1)
    if form != FORM:
        log.warning("%s is a checkpoint of form %s, not %s: begun anew", folder, form, FORM)
        return None
    tensors = load_file(folder / STATE)
    if not _fits(tensors, model):
        log.warning("%s is a checkpoint of other weights: begun anew", folder)
        return None
    trained = dict(trained_weights(model))
    with torch.no_grad():
        for name, value in trained.items():
            value.copy_(tensors[f"model.{name}"])
    for place, found in tensors.items():
        if place.startswith("optimizer."):
            _, entry, name = place.split(".", 2)
            value = trained[name]
            optimizer.state[value][entry] = found.to(value.device, copy=True)  # no view of the file
    course.restore(
        {
            place.removeprefix("method."): found.clone()
            for place, found in tensors.items()
            if place.startswith("method.")
        }
    )
    return TrainingProgress(**record)


def trained_weights(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The weights that are not frozen, by name."""
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def held(model: nn.Module, optimizer: torch.optim.Optimizer, course: Course) -> dict[str, Tensor]:
    """Every tensor that a checkpoint keeps; the optimiser has none of a weight without a step."""
    state = {f"method.{name}": value for name, value in course.state().items()}
    for name, value in trained_weights(model):
        state[f"model.{name}"] = value
        for entry, found in optimizer.state.get(value, {}).items():
            state[f"optimizer.{entry}.{name}"] = found
    return state


def _fits(tensors: dict[str, Tensor], model: nn.Module) -> bool:
    """Whether the weights in a checkpoint are the ones that are trained, in name and shape."""
    there = {name: t.shape for name, t in tensors.items() if name.startswith("model.")}
    return there == {f"model.{name}": value.shape for name, value in trained_weights(model)}


def _on_host(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()
