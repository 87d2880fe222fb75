"""What a training method is: how a stage's model is prepared, what a step is, what is minimised.

The loop (`xlt_core.training.loop`) keeps what all methods share: the optimiser, the rate, clipping,
checkpoints, the curve. Planning reads names, options and versions, so a method's file imports torch
where it computes, not at its top.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from xlt_core.models.learner import Learner, Weights
    from xlt_core.training.job import TrainingJob
    from xlt_core.training.order import Indices


@dataclass(frozen=True)
class Option:
    """A number that a method takes, written `<method>_<option>` in a recipe.

    Attributes:
        about: one line for people.
        default: its value where none is given.
        introduced: the default it came with, if that has changed since; keys leave it out there.
        low, high: least and greatest value; `low` itself is out where `above` is set.
    """

    about: str
    default: float
    introduced: float | None = None
    low: float = -math.inf
    high: float = math.inf
    above: bool = False


@dataclass(frozen=True)
class Scene:
    """What a method finds when its stage begins.

    Attributes:
        model: holding the weights that training starts from, on its device, heads in place.
        job: what is to be trained.
        options: the method's, all of them.
        pretrained: the encoder's weights before any training, by public name, on the host.
        parents: weights of the stages it starts from, likewise; none for the first stage.
        device: where the model is.
    """

    model: Learner
    job: TrainingJob
    options: Mapping[str, float]
    pretrained: Weights
    parents: Sequence[Weights]
    device: torch.device


@dataclass(frozen=True)
class Draw:
    """Rows of one member for one gradient."""

    member: str
    rows: Indices


class Course(Protocol):
    """One stage on its way by a method.

    Whatever is random in it is a function of (seed, position, step), and whatever it remembers from
    step to step is in `state`: so a successor of a killed worker ends with the same bits.
    """

    def draws(self, step: int) -> Sequence[Draw]:
        """The batches of `step`, from 0; their mean losses are summed."""
        ...

    def loss(self, head: str, part: Mapping[str, Tensor]) -> Tensor:
        """Summed loss of a batch or of a micro-batch of it. A scalar, to be differentiated."""
        ...

    def complete_gradients(self, step: int) -> None:
        """Called once a step, when all its gradients are there and before they are clipped: the
        place of a penalty, whatever the micro-batch."""
        ...

    def after_step(self, step: int) -> None:
        """Called when the optimiser has taken the step."""
        ...

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint has to keep, by name, beside weights and optimiser."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from such a state."""
        ...

    def finish(self) -> None:
        """The last step is taken: put what was learnt into the model's own weights."""
        ...


class Method(Protocol):
    """A training method.

    Attributes:
        name: as recipes write it.
        version: raised by hand when it computes other numbers.
        about: one line for people, with its source (paper, section).
        options: by name, without the method's.
        moves_all_words: whether it may move embeddings of words that occur in no training row;
            otherwise these are left out of training, which changes nothing but time and memory.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    about: ClassVar[str]
    options: ClassVar[Mapping[str, Option]]
    moves_all_words: ClassVar[bool]

    def begin(self, scene: Scene) -> AbstractContextManager[Course]:
        """Prepare the model: hooks and modules are put in place and are gone when the context ends,
        however it ends. Modules that `xlt_core.models.fast_bert` does not know switch it off."""
        ...

    def identity(self, options: Mapping[str, float]) -> dict[str, object]:
        """What enters a key beside the rest of the recipe."""
        ...
