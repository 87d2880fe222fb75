"""L2-SP: a penalty that holds the encoder near its pretrained weights, against forgetting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from xlt_core.training.methods.method import Course, Option, Scene
from xlt_core.training.methods.plain import Plain, PlainCourse

if TYPE_CHECKING:
    from torch import Tensor, nn


class L2SP(Plain):
    """Adds λ‖θ − θ₀‖² over the encoder's trained weights θ, θ₀ being the pretrained ones.

    Source: Li, Grandvalet and Davoine 2018, Explicit Inductive Bias for Transfer Learning with
    Convolutional Networks, equation 2 (their α is 2λ). Heads, which have no pretrained weights,
    keep the recipe's weight decay; so does the encoder: set it to 0 for the paper's own form.
    """

    name: ClassVar[str] = "l2sp"
    version: ClassVar[int] = 1
    about: ClassVar[str] = (
        "a penalty towards the pretrained weights, L2-SP (Li et al. 2018, equation 2)"
    )
    options: ClassVar[Mapping[str, Option]] = {
        "strength": Option("λ of the penalty λ‖θ − θ₀‖².", default=0.01, low=0.0)
    }
    # Weight decay moves words that never occur, and the penalty pulls them back.
    moves_all_words: ClassVar[bool] = True

    def course(self, scene: Scene) -> Course:
        """See `Method`."""
        return _Course(scene)


class _Course(PlainCourse):
    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._factor = 2.0 * scene.options["strength"]
        self._held: list[tuple[nn.Parameter, Tensor]] = [
            (value, scene.pretrained[name].to(value.device))
            for name, value in scene.model.named_parameters()
            if value.requires_grad and name in scene.pretrained
        ]

    def complete_gradients(self, step: int) -> None:
        """The penalty's gradient is known: it need not be differentiated."""
        for value, origin in self._held:
            if value.grad is not None:
                value.grad.add_(value.detach() - origin, alpha=self._factor)
