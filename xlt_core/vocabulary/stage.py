"""Stages and their keys: one piece of work with one result.

A `TrainStage` trains an encoder on one step; an `EvaluateStage` scores a trained one on one
language. A key says what the result depends on and nothing else: paths, devices and worker counts
are carried along but left out. `xlt_core.stage.run` does the work, `xlt_core.store` keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.recipe import Recipe

# Raised by hand whenever the numbers a kind of stage computes change; a golden test stands guard.
TRAIN_NUMERICS = 2
EVALUATE_NUMERICS = 2


@dataclass(frozen=True)
class EncoderRef:
    """An encoder: what the user wrote, its content fingerprint, and where it lies.

    `fingerprint` is the SHA-256 of config, weights and tokenizer, alike for a folder and for a hub
    id: another commit with the same files is the same encoder. `location` is a folder or a hub id,
    `revision` the commit that a hub id stood for when it was planned; neither is part of any key.
    """

    name: str
    fingerprint: str
    location: str
    revision: str | None = None


@dataclass(frozen=True)
class SourceRef:
    """Where data come from: `hub`, `folder` (location: its path) or `lab` (location: its world).

    `revisions` are the hub's repositories and the commits that were planned, in order of names.
    """

    kind: str
    location: str = ""
    revisions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DataRef:
    """One split of one task in one language, by content.

    `fingerprint` is over the parsed examples in order, so that the same rows have the same
    fingerprint from whatever source they come.
    """

    task: str
    language: str
    split: str
    fingerprint: str
    rows: int


@dataclass(frozen=True)
class TrainStage:
    """Train `parent`'s encoder (or the pretrained one) on `data` by `recipe`.

    `position` is `0`, `1`, … for the steps of a plan and `target`, `target.1`, … for the target's
    own training, so that every plan and the baseline share the target's data order, dropout and
    head (common random numbers).
    """

    encoder: EncoderRef
    parent: TrainStage | None
    data: tuple[DataRef, ...]
    recipe: Recipe
    seed: int
    position: str
    source: SourceRef

    kind = "train"

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything the trained weights depend on."""
        return fingerprint(self.identity())

    def identity(self) -> dict[str, Any]:
        """What enters the key."""
        return {
            "kind": self.kind,
            "numerics": TRAIN_NUMERICS,
            "encoder": self.encoder.fingerprint,
            "parent": self.parent.key if self.parent else None,
            "data": [
                [ref.task, ref.language, ref.fingerprint]
                for ref in sorted(self.data, key=lambda ref: (ref.task, ref.language))
            ],
            "recipe": self.recipe.identity(),
            "seed": self.seed,
            "position": self.position,
        }

    @property
    def title(self) -> str:
        """A short name for people: the path of tasks and the seed."""
        own = "+".join(_member(ref) for ref in self.data)
        path = f"{self.parent.title.rsplit(' #', 1)[0]} > {own}" if self.parent else own
        return f"{path} #{self.seed}"

    def ancestry(self) -> tuple[TrainStage, ...]:
        """The chain of stages that leads here, first trained first, this one last."""
        return (*(self.parent.ancestry() if self.parent else ()), self)


@dataclass(frozen=True)
class EvaluateStage:
    """Score `trained` on one task in one language and split."""

    trained: TrainStage
    data: DataRef

    kind = "evaluate"

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything the scores depend on."""
        return fingerprint(self.identity())

    def identity(self) -> dict[str, Any]:
        """What enters the key."""
        return {
            "kind": self.kind,
            "numerics": EVALUATE_NUMERICS,
            "trained": self.trained.key,
            "data": [self.data.task, self.data.language, self.data.split, self.data.fingerprint],
        }

    @property
    def title(self) -> str:
        """A short name for people."""
        return f"{self.trained.title} @ {self.data.split}/{self.data.task}/{self.data.language}"


Stage = TrainStage | EvaluateStage


def _member(ref: DataRef) -> str:
    return ref.task if ref.language == "en" else f"{ref.task}[{ref.language}]"
