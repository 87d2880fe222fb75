"""A bench: stages run for real on the small encoder and data of `conftest`, one store each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from xlt_core.data import open_source
from xlt_core.models.encoders import refer_encoder
from xlt_core.stage import Settings, StageResult, run
from xlt_core.stages import EvaluateStage, TrainStage
from xlt_core.store import Store
from xlt_core.vocabulary.errors import StageCancelled
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.plan import Member
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef
from xlt_core.worker_cache import WorkerCache

RECIPE = Recipe(steps=30, batch_size=8, learning_rate=1e-2, max_length=48, stride=8)


@dataclass
class Bench:
    """A place to run stages in."""

    root: Path
    encoder: Path
    data: Path

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.stop_at = -1
        self.store = Store(self.root / "store")
        self.settings = Settings(self.root / "cache", device="cpu", log_steps=5)

    def train(
        self,
        *tasks: str,
        parent: TrainStage | None = None,
        recipe: Recipe = RECIPE,
        seed: int = 1,
        position: str = "0",
    ) -> TrainStage:
        source = SourceRef("folder", str(self.data))
        refs = tuple(open_source(source).refer(*member_of(task), "train") for task in tasks)
        encoder = refer_encoder(str(self.encoder))
        return TrainStage(encoder, parent, refs, recipe, seed, position, source)

    def score(self, trained: TrainStage, task: str) -> EvaluateStage:
        return EvaluateStage(trained, open_source(trained.source).refer(task, "en", "dev"))

    def run(
        self, stage: TrainStage | EvaluateStage, warm: WorkerCache | None = None
    ) -> StageResult:
        return run(stage, self.store, self._report, self.settings, warm)

    def warm(self) -> WorkerCache:
        """The memory of a worker that did nothing yet."""
        return WorkerCache()

    def weights(self, stage: TrainStage) -> dict[str, torch.Tensor]:
        found = self.store.read(stage.key)
        assert found is not None
        return load_file(found.path("weights.safetensors"))

    def about(self, stage: TrainStage | EvaluateStage) -> dict[str, object]:
        found = self.store.read(stage.key)
        assert found is not None
        return found.about

    def _report(self, event: Event) -> None:
        self.events.append(event)
        if event.kind == "stage_progress" and event.fields["step"] == self.stop_at:
            raise StageCancelled(event.stage)


def member_of(text: str) -> tuple[str, str]:
    """Task and language of a plan's member, `udpos[de]`; English where none is named."""
    member = Member.parse(text)
    return member.task, member.language


def assert_equal_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert torch.equal(values, other[name]), name


def json_of(here: Bench, stage: TrainStage, name: str) -> list[dict[str, float]]:
    found = here.store.read(stage.key)
    assert found is not None
    record: list[dict[str, float]] = found.json(name)
    return record


def losses(here: Bench, stage: TrainStage) -> list[float]:
    return [point["loss"] for point in json_of(here, stage, "curve.json")]
