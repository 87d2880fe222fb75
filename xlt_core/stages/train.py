"""A training stage: an encoder, trained by one recipe on one step of a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar

from xlt_core.stages.stage import WeightsStage
from xlt_core.stages.versions import Versions, of_own, of_tasks, raised
from xlt_core.training.methods import Method, get_method
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef


@dataclass(frozen=True)
class TrainStage:
    """Train `parent`'s encoder (or the pretrained one) on `data` by `recipe`.

    `position` is `0`, `1`, … for the steps of a plan and `target`, `target.1`, … for the target's
    own training, so that every plan and the baseline share the target's data order, dropout and
    head (common random numbers).
    """

    encoder: EncoderRef
    parent: WeightsStage | None
    data: tuple[DataRef, ...]
    recipe: Recipe
    seed: int
    position: str
    source: SourceRef

    kind: ClassVar[str] = "train"
    trains: ClassVar[bool] = True
    version: ClassVar[int] = 1
    answer: ClassVar[str | None] = None
    bundle: ClassVar[str | None] = None

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything the trained weights depend on."""
        return fingerprint(self.identity())

    @property
    def parents(self) -> tuple[WeightsStage, ...]:
        """The stage it goes on from, if it is not the first."""
        return () if self.parent is None else (self.parent,)

    def identity(self) -> dict[str, object]:
        """See `Stage`."""
        return {
            "kind": self.kind,
            "encoder": self.encoder.identity,
            "parent": self.parent.key if self.parent else None,
            "data": [
                [ref.task, ref.language, ref.fingerprint]
                for ref in sorted(self.data, key=lambda ref: (ref.task, ref.language))
            ],
            "recipe": self.recipe.identity() | self._method.identity(dict(self.recipe.options)),
            "seed": self.seed,
            "position": self.position,
            **of_own((ref.task for ref in self.data), scored=False),
            **raised(self.versions()),
        }

    def described(self) -> dict[str, object]:
        """The encoder's name, the whole recipe and all versions."""
        return {
            "encoder": self.encoder.name,
            "recipe": asdict(self.recipe),
            "versions": self.versions(),
        }

    def versions(self) -> Versions:
        """Of all that has a share in the weights."""
        return {
            f"stage {self.kind}": self.version,
            f"method {self._method.name}": self._method.version,
            **of_tasks(ref.task for ref in self.data),
        }

    @property
    def _method(self) -> Method:
        return get_method(self.recipe.method)

    @property
    def path(self) -> str:
        """The tasks trained on, first to last: `mnli > qqp+squad`."""
        own = "+".join(ref.member for ref in self.data)
        return f"{self.parent.path} > {own}" if self.parent else own

    @property
    def origin(self) -> WeightsStage | None:
        """Its parent's."""
        return self.parent.origin if self.parent else None

    @property
    def title(self) -> str:
        """The path of tasks and the seed."""
        return f"{self.path} #{self.seed}"

    @property
    def optimizer_steps(self) -> int:
        """Counted from recipe and rows."""
        most = self.recipe.rows
        return self.recipe.steps_over(sum(min(ref.rows, most or ref.rows) for ref in self.data))
