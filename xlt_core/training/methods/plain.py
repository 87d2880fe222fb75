"""Plain fine-tuning: one batch a step, the loss of its rows. Other methods begin from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from xlt_core.training.methods.method import Course, Draw, Option, Scene

if TYPE_CHECKING:
    from torch import Tensor


class PlainCourse:
    """See `Course`: nothing is added, nothing is remembered."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def draws(self, step: int) -> Sequence[Draw]:
        """The one batch of the stage's order."""
        return (Draw(*self.scene.job.order.batch(step)),)

    def loss(self, head: str, part: Mapping[str, Tensor]) -> Tensor:
        """The head's own."""
        return self.scene.model.loss(head, part)

    def complete_gradients(self, step: int) -> None:
        """They are."""

    def after_step(self, step: int) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, Tensor]:
        """Nothing is remembered."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """There is nothing."""

    def finish(self) -> None:
        """The weights are the model's own."""


class Plain:
    """See `Method`."""

    name: ClassVar[str] = "plain"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "fine-tuning all weights (Phang et al. 2020)"
    options: ClassVar[Mapping[str, Option]] = {}
    moves_all_words: ClassVar[bool] = False

    @contextmanager
    def begin(self, scene: Scene) -> Iterator[Course]:
        """Nothing to prepare."""
        yield self.course(scene)

    def course(self, scene: Scene) -> Course:
        """How a stage goes; most methods write no more than this."""
        return PlainCourse(scene)

    def identity(self, options: Mapping[str, float]) -> dict[str, object]:
        """Nothing for the plain method; of others the name, and options away from their first
        defaults."""
        if self.name == Plain.name:
            return {}
        given = complete(self.options, options)
        first = {
            name: option.default if option.introduced is None else option.introduced
            for name, option in self.options.items()
        }
        away = {name: value for name, value in given.items() if value != first[name]}
        return {"method": self.name, **({"options": away} if away else {})}


def complete(known: Mapping[str, Option], given: Mapping[str, float]) -> dict[str, float]:
    """All options of a method: those given, the others at their default."""
    return {name: float(given.get(name, option.default)) for name, option in known.items()}
