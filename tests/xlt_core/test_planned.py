"""What is trained on and scored is what was planned, whatever became of the files since.

Each kind of task: a split is fingerprinted when a sweep is planned and read by a worker later.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from xlt_core.data.folder import FolderSource
from xlt_core.evaluation.evaluate import read_predictions
from xlt_core.models.encoders import refer_encoder
from xlt_core.stage import Settings, run
from xlt_core.stages import EvaluateStage, Stage, TrainStage
from xlt_core.store import Store
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef
from xlt_core.work.context import StageContext
from xlt_core.worker_cache import WorkerCache

KINDS = ("mnli", "copa", "udpos", "squad", "stsb")
DEV = {
    "mnli": "mnli/dev-en.tsv",
    "copa": "copa/dev-en.jsonl",
    "udpos": "udpos/dev-en.tsv",
    "squad": "squad/dev-v1.1.json",
    "stsb": "stsb/dev-en.tsv",
}
# Other gold for every row, of the same form and length.
EDITS: dict[str, Callable[[str], str]] = {
    "mnli": lambda text: (
        text.replace("entailment", "@").replace("neutral", "entailment").replace("@", "neutral")
    ),
    "copa": lambda text: (
        text.replace('"label": 0', "@")
        .replace('"label": 1', '"label": 0')
        .replace("@", '"label": 1')
    ),
    "udpos": lambda text: (
        text.replace("\tADJ", "@").replace("\tNOUN", "\tADJ").replace("@", "\tNOUN")
    ),
    "squad": lambda text: text.replace("river", "RIVER"),
    "stsb": lambda text: text.replace("0.25", "0.50"),
}


class Place:
    """A data folder of its own, and stages planned on it."""

    def __init__(self, root: Path, encoder: Path, data: Path) -> None:
        self.root, self.encoder = root, encoder
        self.data = shutil.copytree(data, root / "data")
        self.source = FolderSource(self.data)

    def plan(self, task: str, seed: int = 1) -> tuple[TrainStage, EvaluateStage]:
        recipe = Recipe(steps=2, batch_size=8, learning_rate=1e-3, max_length=48, stride=8)
        place = SourceRef("folder", str(self.data))
        rows = (self.source.refer(task, "en", "train"),)
        encoder = refer_encoder(str(self.encoder))
        trained = TrainStage(encoder, None, rows, recipe, seed, "0", place)
        return trained, EvaluateStage(trained, self.source.refer(task, "en", "dev"))

    def run(self, stage: Stage, store: str = "store", warm: WorkerCache | None = None) -> Any:
        settings = Settings(self.root / "cache", device="cpu")
        return run(stage, Store(self.root / store), _nobody, settings, warm).scores

    def edit(self, task: str) -> None:
        path = self.data / DEV[task]
        text = path.read_text(encoding="utf-8")
        assert EDITS[task](text) != text
        path.write_text(EDITS[task](text), encoding="utf-8")

    def gold(self, stage: EvaluateStage, store: str = "store") -> list[Any]:
        found = Store(self.root / store).read(stage.key)
        assert found is not None
        return [row["gold"] for row in read_predictions(found.path("predictions.jsonl.zst"))]


def _nobody(event: Event) -> None:
    pass


@pytest.fixture
def place(tmp_path: Path, small_encoder: Path, small_data: Path) -> Place:
    return Place(tmp_path, small_encoder, small_data)


@pytest.mark.parametrize("task", KINDS)
class TestGold:
    def test_edited_after_planning_the_planned_gold_is_scored(
        self, place: Place, task: str
    ) -> None:
        """The split was encoded before the edit: its gold was kept with it."""
        (first, judged), (second, later) = place.plan(task), place.plan(task, seed=2)
        for stage in (first, second, judged):
            place.run(stage)
        place.run(first, store="undisturbed")
        place.run(second, store="undisturbed")
        expected = place.run(later, store="undisturbed")
        place.edit(task)
        assert place.run(later) == expected
        assert place.gold(later) == place.gold(judged)

    def test_edited_before_it_was_read_it_is_refused(self, place: Place, task: str) -> None:
        trained, judged = place.plan(task)
        place.run(trained)
        place.edit(task)
        with pytest.raises(DataChanged, match=f"dev of {task} in en has changed"):
            place.run(judged)
        assert Store(place.root / "store").read(judged.key) is None

    def test_without_the_source_the_kept_gold_is_scored(self, place: Place, task: str) -> None:
        (first, judged), (second, later) = place.plan(task), place.plan(task, seed=2)
        for stage in (first, second, judged):
            place.run(stage)
        shutil.rmtree(place.data)
        assert place.run(later).examples == judged.data.rows

    def test_kept_gold_that_was_edited_is_not_trusted(self, place: Place, task: str) -> None:
        """Made again from the source where that is as planned, refused where it is not."""
        (first, judged), (second, later) = place.plan(task), place.plan(task, seed=2)
        for stage in (first, second, judged):
            place.run(stage)
        for file in (place.root / "cache").glob("*/gold.npy"):
            file.write_bytes(file.read_bytes()[:-1] + b"?")
        place.run(later)
        assert place.gold(later) == place.gold(judged)
        place.run(second, store="other")
        for file in (place.root / "cache").glob("*/gold.npy"):
            file.write_bytes(file.read_bytes()[:-1] + b"?")
        place.edit(task)
        with pytest.raises(DataChanged):
            place.run(later, store="other")


class TestRows:
    def test_rows_edited_between_the_check_and_the_reading_are_not_used(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One reading is both checked and encoded."""
        trained, _ = place.plan("mnli")
        load = FolderSource.load

        def edited_meanwhile(source: FolderSource, task: str, language: str, split: str) -> Any:
            path = place.data / "mnli" / "train-en.tsv"
            path.write_text(EDITS["mnli"](path.read_text()))
            return load(source, task, language, split)

        monkeypatch.setattr(FolderSource, "load", edited_meanwhile)
        with pytest.raises(DataChanged, match="train of mnli"):
            place.run(trained)


class TestParent:
    def test_weights_in_memory_do_not_follow_their_file(self, place: Place) -> None:
        """A warm worker scores what it read and checked, not what the file holds by now."""
        trained, _ = place.plan("mnli")
        place.run(trained)
        settings = Settings(place.root / "cache", device="cpu")
        context = StageContext(Store(place.root / "store"), _nobody, settings, WorkerCache())
        kept = context.trained(trained).weights
        before = {name: value.clone() for name, value in kept.items()}
        found = Store(place.root / "store").read(trained.key)
        assert found is not None
        with found.path("weights.safetensors").open("r+b") as file:
            file.seek(-4000, 2)
            file.write(b"\x00\x00\x80\x3f" * 1000)
        assert all(torch.equal(before[name], value) for name, value in kept.items())
