"""Made-up kinds of stage: what a kind may be that the shipped ones are not yet."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from xlt_core.stages import Stage, TrainStage, WeightsStage
from xlt_core.stages.running import StageResult
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import EncoderRef, SourceRef

ANSWER = "apart.json"


class MadeUp:
    """What both have in common, and with most kinds that train nothing."""

    version: ClassVar[int] = 1
    answer: ClassVar[str | None] = None
    bundle: ClassVar[str | None] = None
    optimizer_steps: ClassVar[int] = 0
    trains: ClassVar[bool] = False

    @cached_property
    def key(self) -> str:
        return fingerprint(self.identity())

    def identity(self) -> dict[str, Any]:
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class AverageStage(MadeUp):
    """The mean of several trained encoders' weights: several parents, none of them the last."""

    members: tuple[TrainStage, ...]

    kind: ClassVar[str] = "average"

    @property
    def parents(self) -> tuple[Stage, ...]:
        return self.members

    @property
    def encoder(self) -> EncoderRef:
        return self.members[0].encoder

    @property
    def source(self) -> SourceRef:
        return self.members[0].source

    @property
    def recipe(self) -> Recipe:
        return self.members[0].recipe

    @property
    def seed(self) -> int:
        return self.members[0].seed

    @property
    def path(self) -> str:
        return f"mean({', '.join(member.path for member in self.members)})"

    @property
    def origin(self) -> WeightsStage | None:
        return self.members[0].origin

    @property
    def title(self) -> str:
        return f"{self.path} #{self.seed}"

    def identity(self) -> dict[str, Any]:
        return {"kind": self.kind, "members": sorted(member.key for member in self.members)}


@dataclass(frozen=True)
class ApartStage(MadeUp):
    """How far two trained encoders lie apart: a result that is neither weights nor scores."""

    one: WeightsStage
    other: WeightsStage

    kind: ClassVar[str] = "apart"
    answer: ClassVar[str | None] = ANSWER

    @property
    def parents(self) -> tuple[Stage, ...]:
        return (self.one, self.other)

    @property
    def title(self) -> str:
        return f"{self.one.title} | {self.other.title}"

    def identity(self) -> dict[str, Any]:
        return {"kind": self.kind, "of": [self.one.key, self.other.key]}


def average(stage: AverageStage, context: Any) -> StageResult:
    """The executor of the first."""
    import torch
    from safetensors.torch import save_file

    from xlt_core.work.record import about

    trained = [context.trained(member) for member in stage.members]
    names = trained[0].weights.keys()
    mean = {name: torch.stack([one.weights[name] for one in trained]).mean(0) for name in names}
    heads = {
        task: {"kind": spec.kind.name, "labels": list(spec.labels)}
        for task, spec in trained[0].heads.items()
    }
    now = time.time()
    with context.store.draft(stage.key) as draft:
        save_file(mean, draft.folder / "weights.safetensors")
        record = about(stage, context.settings, torch.device("cpu"), now, now)
        draft.publish({**record, "seconds": 0.5, "heads": heads})
    return StageResult(stage.key, None, True, 0.5)


def apart(stage: ApartStage, context: Any) -> StageResult:
    """The executor of the second."""
    import torch

    from xlt_core.work.record import about

    one, other = (context.trained(parent).weights for parent in stage.parents)
    squares = [(one[name] - other[name]).pow(2).sum() for name in one if name in other]
    answer = {"distance": float(torch.stack(squares).sum().sqrt())}
    now = time.time()
    with context.store.draft(stage.key) as draft:
        (draft.folder / ANSWER).write_text(json.dumps(answer))
        draft.publish(about(stage, context.settings, torch.device("cpu"), now, now))
    return StageResult(stage.key, answer)


MADE_UP = {AverageStage: average, ApartStage: apart}
