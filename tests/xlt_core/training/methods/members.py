"""Made-up training methods: what a method may do that the shipped ones do not do yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xlt_core.training.methods import Course, Option, Scene
from xlt_core.training.methods.method import Draw
from xlt_core.training.methods.plain import Plain, PlainCourse
from xlt_core.vocabulary.fingerprint import derived_seed


class Noisy(Plain):
    """Hooks: the embeddings' output is disturbed by noise that is a function of the words."""

    name: ClassVar[str] = "noisy"
    about: ClassVar[str] = "noise on the embeddings"
    options: ClassVar[Mapping[str, Option]] = {"scale": Option("Of the noise.", default=0.05)}

    @contextmanager
    def begin(self, scene: Scene) -> Iterator[Course]:
        """Hang the hook on, and take it off whatever happens."""
        encoder: Any = scene.model.encoder
        table: nn.Module = encoder.get_input_embeddings()

        def disturb(module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
            return out + scene.options["scale"] * torch.sin(1e3 * out.detach())

        hook = table.register_forward_hook(disturb)
        try:
            yield self.course(scene)
        finally:
            hook.remove()


class _LowRank(nn.Module):
    """A linear layer beside which a product of two thin ones is trained (as LoRA's)."""

    def __init__(self, inner: nn.Linear, seed: int) -> None:
        super().__init__()
        self.inner = inner
        inner.requires_grad_(False)
        drawn = torch.Generator().manual_seed(seed % (1 << 62))
        self.down = nn.Parameter(torch.randn(2, inner.in_features, generator=drawn) * 0.1)
        self.up = nn.Parameter(torch.zeros(inner.out_features, 2))

    def forward(self, values: Tensor) -> Tensor:
        """The layer's output and the product's."""
        out: Tensor = self.inner(values) + values @ self.down.T @ self.up.T
        return out


class LowRank(Plain):
    """Modules: the queries' layers are replaced while training, and merged at its end."""

    name: ClassVar[str] = "lowrank"
    about: ClassVar[str] = "low-rank queries"

    @contextmanager
    def begin(self, scene: Scene) -> Iterator[Course]:
        """Put the modules in, and the old ones back whatever happens."""
        layers = [layer.attention.self for layer in scene.model.encoder.encoder.layer]  # type: ignore[union-attr]
        place = (scene.job.seed, scene.job.position)
        for number, part in enumerate(layers):
            part.query = _LowRank(part.query, derived_seed("lowrank", *place, number))
        try:
            yield _Merging(scene, [part.query for part in layers])
        finally:
            for part in layers:
                part.query = part.query.inner.requires_grad_(True)


class _Merging(PlainCourse):
    def __init__(self, scene: Scene, parts: list[_LowRank]) -> None:
        super().__init__(scene)
        self._parts = parts

    def finish(self) -> None:
        with torch.no_grad():
            for part in self._parts:
                part.inner.weight += part.up @ part.down


class Averaged(Plain):
    """State: the end is the running mean of the weights along the way."""

    name: ClassVar[str] = "averaged"
    about: ClassVar[str] = "the mean of the weights after each step"
    options: ClassVar[Mapping[str, Option]] = {
        "keep": Option("Share of the mean kept at a step.", default=0.8, low=0.0, high=1.0)
    }
    moves_all_words: ClassVar[bool] = True

    def course(self, scene: Scene) -> Course:
        """See `Method`."""
        return _Mean(scene)


class _Mean(PlainCourse):
    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._mean = {name: value.detach().clone() for name, value in self._weights()}

    def _weights(self) -> Iterator[tuple[str, Tensor]]:
        return self.scene.model.named_parameters()

    def after_step(self, step: int) -> None:
        keep = self.scene.options["keep"]
        for name, value in self._weights():
            self._mean[name].mul_(keep).add_(value.detach(), alpha=1 - keep)

    def state(self) -> dict[str, Tensor]:
        return dict(self._mean)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._mean = dict(state)

    def finish(self) -> None:
        with torch.no_grad():
            for name, value in self._weights():
                value.copy_(self._mean[name])


class Doubled(Plain):
    """Batches: every step takes the gradients of two batches together."""

    name: ClassVar[str] = "doubled"
    about: ClassVar[str] = "two batches a step"

    def course(self, scene: Scene) -> Course:
        """See `Method`."""
        return _Pairs(scene)


class _Pairs(PlainCourse):
    def draws(self, step: int) -> Sequence[Draw]:
        batch = self.scene.job.order.batch
        return (Draw(*batch(2 * step)), Draw(*batch(2 * step + 1)))


MADE_UP = (Noisy(), LowRank(), Averaged(), Doubled())
