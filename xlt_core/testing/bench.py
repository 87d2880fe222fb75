"""A bench: stages run for real on a small encoder and small data, in a store of its own.

What the suites of training methods and of kinds of stage stand on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from xlt_core.data import open_source
from xlt_core.models.encoders import refer_encoder
from xlt_core.stage import Settings, StageResult, run
from xlt_core.stages import EvaluateStage, PretrainStage, Stage, TrainStage, WeightsStage
from xlt_core.store import Store
from xlt_core.store.about import About
from xlt_core.testing.encoders import encoder_in
from xlt_core.testing.rows import data_in
from xlt_core.vocabulary.errors import StageCancelled
from xlt_core.vocabulary.events import Event, StageProgress
from xlt_core.vocabulary.plan import Member
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef
from xlt_core.worker_cache import WorkerCache

RECIPE = Recipe(steps=30, batch_size=8, learning_rate=1e-2, max_length=48, stride=8)


@dataclass
class Bench:
    """A place to run stages in.

    Attributes:
        root: a folder of its own, for store and cache.
        encoder, data: folders.
        events: what stages reported, in order.
        stop_at: the step at which a stage is cancelled; -1 for none.
        report: what is told of a stage on its way; notes events, and cancels at `stop_at`.
    """

    root: Path
    encoder: Path
    data: Path

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.stop_at = -1
        self.report: Callable[[Event], None] = self._note
        self.store = Store(self.root / "store")
        self.settings = Settings(self.root / "cache", device="cpu", log_steps=5)

    def train(
        self,
        *tasks: str,
        parent: WeightsStage | None = None,
        recipe: Recipe = RECIPE,
        seed: int = 1,
        position: str = "0",
    ) -> TrainStage:
        """A stage that trains on tasks of the data folder, `udpos[de]` as plans write them."""
        source = SourceRef("folder", str(self.data))
        refs = tuple(open_source(source).refer(*member_of(task), "train") for task in tasks)
        encoder = refer_encoder(str(self.encoder))
        return TrainStage(encoder, parent, refs, recipe, seed, position, source)

    def pretrain(self, recipe: Recipe = RECIPE, parallel: float = 0.0) -> PretrainStage:
        """A stage that pretrains on the texts of the data folder, a share of them translations."""
        source = SourceRef("folder", str(self.data))
        found = open_source(source)
        texts = tuple(found.refer("texts", language, "train") for language in ("de", "en"))
        translations = (found.refer("translations", "de", "train"),)
        encoder = refer_encoder(str(self.encoder))
        return PretrainStage(encoder, texts, translations, recipe, source, 1, parallel=parallel)

    def score(self, trained: WeightsStage, task: str) -> EvaluateStage:
        """A stage that scores what another trained, on English dev."""
        return EvaluateStage(trained, open_source(trained.source).refer(task, "en", "dev"))

    def run(self, stage: Stage, warm: WorkerCache | None = None) -> StageResult:
        """Compute a stage by the engine's one door; `warm`: what a worker keeps between stages."""
        return run(stage, self.store, self.report, self.settings, warm)

    def warm(self) -> WorkerCache:
        """The memory of a worker that did nothing yet."""
        return WorkerCache()

    def weights(self, stage: Stage) -> dict[str, torch.Tensor]:
        """What a stage that was computed here has learnt, by public name."""
        found = self.store.read(stage.key)
        assert found is not None
        return load_file(found.path("weights.safetensors"))

    def about(self, stage: Stage) -> About:
        """The record of a stage that was computed here."""
        found = self.store.read(stage.key)
        assert found is not None
        return found.about

    def _note(self, event: Event) -> None:
        self.events.append(event)
        if not isinstance(event, StageProgress) or not event.tokens_per_second:
            return  # at no speed: where an earlier attempt is gone on with
        if event.step == self.stop_at:
            raise StageCancelled(event.stage)


def benches(root: Path, shared: Path) -> Callable[..., Bench]:
    """A function that makes benches below `root`, for an encoder of a kind (`encoders`).

    Encoders and data are written once below `shared`.
    """
    numbers = itertools.count()

    def make(kind: str = "xlm-roberta") -> Bench:
        return Bench(root / f"bench-{next(numbers)}", encoder_in(shared, kind), data_in(shared))

    return make


def member_of(text: str) -> tuple[str, str]:
    """Task and language of a plan's member, `udpos[de]`; English where none is named."""
    member = Member.parse(text)
    return member.task, member.language


def assert_equal_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    """The same weights under the same names, to the bit."""
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert torch.equal(values, other[name]), name


def json_of(here: Bench, stage: Stage, name: str) -> list[dict[str, float]]:
    """A JSON file of a stage that was computed on this bench."""
    found = here.store.read(stage.key)
    assert found is not None
    record: list[dict[str, float]] = found.json(name)
    return record


def losses(here: Bench, stage: Stage) -> list[float]:
    """The training losses that a stage wrote down."""
    return [point["loss"] for point in json_of(here, stage, "curve.json")]
