"""What a kind of stage is: one piece of work with one result, kept in the store under its key.

One file a kind beside this one, a line each in `xlt_core.stages` and, for the function that does
the work, in `xlt_core.work`. Whoever plans, schedules, shares or counts stages knows no more of
one than stands here, and asks of no stage which kind it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from xlt_core.vocabulary.recipe import Recipe
    from xlt_core.vocabulary.refs import EncoderRef, SourceRef


class Stage(Protocol):
    """A stage. Its key says what the result depends on and nothing else: paths, devices and worker
    counts are carried along but left out.

    Attributes:
        kind: as `stage.json` and the tables write it.
        trains: whether weights are trained in it: then it has a curve for MLflow, and takes
            what training takes where nothing is said of its kind.
        version: raised by hand when the kind computes other numbers; parts its own keys alone.
        answer: the JSON file of its result that whoever asked is given (an evaluation's scores);
            None where what matters stays in the store (weights).
    """

    kind: ClassVar[str]
    trains: ClassVar[bool]
    version: ClassVar[int]
    answer: ClassVar[str | None]

    @property
    def key(self) -> str:
        """SHA-256 of `identity`."""
        ...

    @property
    def title(self) -> str:
        """A short name for people."""
        ...

    @property
    def parents(self) -> tuple[Stage, ...]:
        """The stages whose results it starts from; none where it starts from the encoder."""
        ...

    @property
    def bundle(self) -> str | None:
        """Stages of one bundle go to one worker together, because they start from the same; they
        end what is begun and so go first. None for a stage that goes by itself."""
        ...

    @property
    def optimizer_steps(self) -> int:
        """Optimiser steps it takes, near enough to plan by; 0 where nothing is trained."""
        ...

    def identity(self) -> dict[str, object]:
        """What enters the key. A field that came later is left out where it stands at what it was
        before it came, so that keys stay what they are; see `versions`."""
        ...

    def described(self) -> dict[str, object]:
        """What is written down beside the identity, so that the record is complete by itself."""
        ...


class WeightsStage(Stage, Protocol):
    """A stage whose result is a trained encoder with its heads."""

    @property
    def encoder(self) -> EncoderRef:
        """The pretrained encoder it goes back to."""
        ...

    @property
    def source(self) -> SourceRef:
        """Where its data come from."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How it was trained; rows are encoded so for whoever evaluates it, too, unless that says
        otherwise itself."""
        ...

    @property
    def seed(self) -> int:
        """Of everything random in it."""
        ...

    @property
    def path(self) -> str:
        """The tasks that lead to it, as a title has them."""
        ...

    @property
    def origin(self) -> WeightsStage | None:
        """The stage that pretrained what it goes back to; None where the encoder's own files are
        the pretrained weights."""
        ...


def lineage(stage: Stage) -> tuple[Stage, ...]:
    """Every stage that `stage` needs, each once, parents before children, itself last."""
    found: dict[str, Stage] = {}
    for parent in stage.parents:
        found |= {needed.key: needed for needed in lineage(parent)}
    return (*found.values(), stage)
