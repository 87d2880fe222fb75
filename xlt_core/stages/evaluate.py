"""An evaluation stage: trained weights, scored on one task in one language and split."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar

from xlt_core.stages.stage import WeightsStage
from xlt_core.stages.versions import Versions, of_metric, of_own, of_tasks, raised
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef

SCORES = "scores.json"


@dataclass(frozen=True)
class Reading:
    """How rows are read: what of a recipe has a share in scores where nothing is trained.

    Attributes:
        max_length, stride: tokens of a sequence, and those that two neighbouring windows share.
        precision: that predictions are computed in.
    """

    max_length: int
    stride: int
    precision: str

    @classmethod
    def of(cls, recipe: Recipe) -> Reading:
        """As a recipe has it."""
        return cls(recipe.max_length, recipe.stride, recipe.precision)


@dataclass(frozen=True)
class EvaluateStage:
    """Score `trained` on `data`.

    Attributes:
        own_reading: how rows are read where that is not as in the weights' own training.
        beside: other splits of the task that are read with it, as `Task.beside` says.
    """

    trained: WeightsStage
    data: DataRef
    own_reading: Reading | None = None
    beside: tuple[DataRef, ...] = ()

    kind: ClassVar[str] = "evaluate"
    trains: ClassVar[bool] = False
    version: ClassVar[int] = 1
    answer: ClassVar[str | None] = SCORES
    optimizer_steps: ClassVar[int] = 0

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything the scores depend on."""
        return fingerprint(self.identity())

    @property
    def reading(self) -> Reading:
        """How rows are read: as the weights were trained, unless it says otherwise itself."""
        return self.own_reading or Reading.of(self.trained.recipe)

    @property
    def parents(self) -> tuple[WeightsStage, ...]:
        """What is scored."""
        return (self.trained,)

    @property
    def bundle(self) -> str:
        """All evaluations of the same weights, which are loaded once for them."""
        return f"evaluate {self.trained.key}"

    def identity(self) -> dict[str, object]:
        """See `Stage`."""
        return {
            "kind": self.kind,
            "trained": self.trained.key,
            "data": _identity(self.data),
            **({} if self.own_reading is None else {"reading": asdict(self.own_reading)}),
            **({"beside": [_identity(ref) for ref in self.beside]} if self.beside else {}),
            **of_own([self.data.task], scored=True),
            **raised(self.versions()),
        }

    def described(self) -> dict[str, object]:
        """All versions."""
        return {"versions": self.versions()}

    def versions(self) -> Versions:
        """Of all that has a share in the scores."""
        task = self.data.task
        return {f"stage {self.kind}": self.version, **of_tasks([task]), **of_metric(task)}

    @property
    def title(self) -> str:
        """The weights' path of tasks, the seed, and what is scored."""
        return f"{self.trained.title} @ {self.data.split}/{self.data.task}/{self.data.language}"


def _identity(ref: DataRef) -> list[str]:
    return [ref.task, ref.language, ref.split, ref.fingerprint]
