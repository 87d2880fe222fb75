"""A pretrained stage: the encoder as it is, where nothing is trained before something is scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from xlt_core.stages.stage import Stage
from xlt_core.stages.versions import raised
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import EncoderRef, SourceRef


@dataclass(frozen=True)
class PretrainedStage:
    """Find the weights of `encoder`. Its result is a reference: the weights are not copied.

    Attributes:
        recipe: how rows are read for it; who evaluates it says so, and it is no part of the key.
    """

    encoder: EncoderRef
    source: SourceRef
    recipe: Recipe = field(compare=False)

    kind: ClassVar[str] = "pretrained"
    trains: ClassVar[bool] = False
    version: ClassVar[int] = 1
    answer: ClassVar[str | None] = None
    optimizer_steps: ClassVar[int] = 0
    seed: ClassVar[int] = 0
    path: ClassVar[str] = "(pretrained)"
    title: ClassVar[str] = "(pretrained)"
    bundle: ClassVar[str | None] = None
    parents: ClassVar[tuple[Stage, ...]] = ()
    origin: ClassVar[None] = None

    @cached_property
    def key(self) -> str:
        """SHA-256 of what the encoder is, by content."""
        return fingerprint(self.identity())

    def identity(self) -> dict[str, object]:
        """See `Stage`."""
        return {
            "kind": self.kind,
            "encoder": self.encoder.identity,
            **raised({f"stage {self.kind}": self.version}),
        }

    def described(self) -> dict[str, object]:
        """The encoder's name and its version."""
        return {
            "encoder": self.encoder.name,
            "versions": {f"stage {self.kind}": self.version},
        }
