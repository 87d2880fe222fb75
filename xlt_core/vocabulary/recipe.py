"""Recipes: how one stage is trained. Every field is part of the stage's key.

What cannot change a result beyond rounding (device, micro-batch, threads) is not here; see
`xlt_core.stage.Settings`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields

HEADS = ("new", "keep")
PRECISIONS = ("float32", "bfloat16")
PLAIN = "plain"

# What a field trained like before it came, or came with. Standing there it is left out of keys, so
# that keys stay what they are when a field comes, or when its default is another one day. A new
# field adds a line; never change one.
INTRODUCED: dict[str, object] = {
    "steps": None,
    "epochs": None,
    "batch_size": 32,
    "learning_rate": 2e-5,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "max_length": 128,
    "stride": 128,
    "max_gradient_norm": 1.0,
    "freeze": (),
    "head": "new",
    "precision": "float32",
    "attention_dropout": None,
    "rows": None,
    "method": PLAIN,
    "options": (),
}


@dataclass(frozen=True)
class Recipe:
    """How a stage is trained.

    Attributes:
        steps: optimiser steps; exactly one of `steps` and `epochs` is set.
        epochs: passes over the training rows.
        batch_size: examples an optimiser step, whatever the micro-batch.
        learning_rate: peak of the linear warm-up and decay.
        warmup: fraction of the steps that warm up.
        weight_decay: decoupled (AdamW, Loshchilov & Hutter 2019), not on biases and norms.
        max_length: tokens; longer inputs are cut (span QA: windowed).
        stride: tokens two neighbouring windows of one context share (span QA).
        max_gradient_norm: global norm the gradient is clipped to.
        freeze: `embeddings` (token embeddings) or `layers:N` (embeddings and the N lowest layers).
        head: `new` for each stage, or `keep` where the label set is the parent's.
        precision: `float32` or `bfloat16`; a device that does not compute in it refuses.
        attention_dropout: probability with which attention weights are dropped; None: as the
            encoder's config says. With 0 attention runs fused, and on a GPU over real tokens alone.
        rows: at most this many training rows of each member, the first by a fixed hash.
        method: how it is trained, a name in `xlt_core.training.methods`.
        options: the method's own, by name, in order of names; those not there are at their default.
    """

    steps: int | None = None
    epochs: float | None = None
    batch_size: int = 32
    learning_rate: float = 2e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    max_length: int = 128
    stride: int = 128
    max_gradient_norm: float = 1.0
    freeze: tuple[str, ...] = ()
    head: str = "new"
    precision: str = "float32"
    attention_dropout: float | None = None
    rows: int | None = None
    method: str = PLAIN
    options: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("a recipe sets exactly one of steps and epochs")
        if self.head not in HEADS:
            raise ValueError(f"head is one of {', '.join(HEADS)}, not {self.head!r}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {self.precision!r}")
        for known in fields(self):  # 3 and 3.0 train alike, so they must have one key
            value = getattr(self, known.name)
            if known.type in ("float", "float | None") and value is not None:
                object.__setattr__(self, known.name, float(value) + 0.0)  # -0.0 too is 0.0
        object.__setattr__(self, "freeze", tuple(sorted(set(self.freeze))))

    def steps_over(self, rows: int) -> int:
        """Optimiser steps over so many rows a pass, near enough to plan by."""
        if self.steps is not None:
            return self.steps
        return math.ceil(rows * (self.epochs or 0) / self.batch_size)

    def identity(self) -> dict[str, object]:
        """The fields as they enter a key: those away from what they were introduced with.

        The method's are its own to say (`xlt_core.training.methods`).
        """
        given = asdict(self)
        own = ("method", "options")
        return {k: v for k, v in given.items() if k not in own and v != INTRODUCED[k]}
