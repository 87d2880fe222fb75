"""A store made by an earlier release is good in this one: nothing of it is computed again.

`golden` was written by the engine as it was when keys were promised: five steps of MNLI by L2-SP on
the small encoder of these tests, and their evaluation. Never write it anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xlt_core.evaluation.evaluate import read_predictions
from xlt_core.stage import Settings, run
from xlt_core.stages import EvaluateStage, TrainStage
from xlt_core.store import Store
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef
from xlt_core.vocabulary.scores import Scores
from xlt_core.work.context import StageContext
from xlt_core.worker_cache import WorkerCache

GOLDEN = Path(__file__).parent / "golden"
ENCODER = "b22ff58a06574e00b0a7be72bcb36c41eb434c9f1ec295a33329045dc2f4aa1c"
TRAIN = "588cec2c662a11c8c478fbb2c8203b27357f887922acf54ec7b4c1f12d7972c2"
DEV = "ac072d5289b68b7acdfda197cce785a9c3aeeebef733bcd1b174938d03c957ea"

TRAINED = TrainStage(
    encoder=EncoderRef("small", ENCODER, "/nowhere"),
    parent=None,
    data=(DataRef("mnli", "en", "train", TRAIN, 48),),
    recipe=Recipe(
        steps=5, batch_size=8, learning_rate=1e-2, max_length=48, stride=8, method="l2sp"
    ),
    seed=1,
    position="0",
    source=SourceRef("folder", "/nowhere"),
)
JUDGED = EvaluateStage(TRAINED, DataRef("mnli", "en", "dev", DEV, 48))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A copy of it."""
    return Store(shutil.copytree(GOLDEN, tmp_path / "store"))


def test_its_stages_are_found_and_answered_from_it(store: Store, tmp_path: Path) -> None:
    """Encoder and data are nowhere: only the store can have answered."""
    settings = Settings(tmp_path / "cache")
    trained = run(TRAINED, store, lambda event: None, settings)
    judged = run(JUDGED, store, lambda event: None, settings)
    assert not trained.executed and not judged.executed
    assert judged.scores == Scores("mnli", "en", "dev", {"accuracy": 37.5}, 37.5, 48)


def test_its_weights_and_heads_are_read(store: Store, tmp_path: Path) -> None:
    """So that later stages start from them."""
    context = StageContext(store, lambda event: None, Settings(tmp_path / "cache"), WorkerCache())
    trained = context.trained(TRAINED)
    assert trained.heads["mnli"].labels == ("entailment", "neutral", "contradiction")
    assert trained.weights["head.mnli.out_proj.weight"].shape == (3, 16)
    assert trained.bytes == 27212


def test_upkeep_and_readers_know_it(store: Store) -> None:
    """Listing, checking every byte, and the predictions."""
    first, second = store.list()
    assert (first.key, first.kind, first.parents) == (TRAINED.key, "train", ())
    assert (second.key, second.kind, second.parents) == (JUDGED.key, "evaluate", (TRAINED.key,))
    report = store.verify()
    assert (report.checked, report.damaged) == (2, [])
    found = store.read(JUDGED.key)
    assert found is not None
    assert len(list(read_predictions(found.path("predictions.jsonl.zst")))) == 48
