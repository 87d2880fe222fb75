"""A learner that is no encoder with a head: a text-to-text model through the engine's one door.

It is somebody else's (`tests/foreign/seq2seq.py`): nothing of ours knows it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.foreign.seq2seq import TextToText, write_t5
from xlt_core.data.folder import FolderSource
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.learners import LEARNERS
from xlt_core.models.opening import open_encoder
from xlt_core.models.pretrained import load_learner, load_tokenizer
from xlt_core.tasks import get_task
from xlt_core.testing.bench import RECIPE, Bench, assert_equal_bits
from xlt_core.testing.learners import LearnerSuite
from xlt_core.testing.rows import data_in
from xlt_core.vocabulary.errors import StageCancelled

TASKS = ("mnli", "squad")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEARNERS, "t5", TextToText)


@pytest.fixture
def t5(tmp_path: Path) -> Path:
    return write_t5(tmp_path / "t5")


@pytest.fixture
def here(tmp_path: Path, t5: Path) -> Bench:
    return Bench(tmp_path / "bench", t5, data_in(tmp_path))


class TestLearner(LearnerSuite):
    @pytest.fixture
    def make(self, t5: Path):
        ref = refer_encoder(str(t5))
        return lambda: load_learner(ref, load_tokenizer(ref))

    @pytest.fixture(params=TASKS)
    def task(self, request):
        return get_task(request.param)

    @pytest.fixture
    def examples(self, task, here: Bench):
        return FolderSource(here.data).load(task.name, "en", "train")[:12]


def test_it_is_opened_with_its_decoder(t5: Path) -> None:
    """Preflight finds what a worker would load."""
    opened = open_encoder(refer_encoder(str(t5)))
    assert (opened.kind, opened.most_tokens, opened.limits.layers) == ("t5", None, 2)


@pytest.mark.parametrize("task", TASKS)
def test_it_is_trained_and_scored(here: Bench, task: str) -> None:
    """By the stages there are: it learns what it is trained on."""
    recipe = replace(RECIPE, steps=250, learning_rate=1e-2, batch_size=16)
    before, after = (here.train(task, recipe=replace(recipe, steps=n)) for n in (1, 250))
    found = []
    for trained in (before, after):
        here.run(trained)
        answer = here.run(here.score(trained, task)).answer
        assert answer is not None
        found.append(answer["primary"])
    assert found[1] > found[0] + 20
    assert any("decoder" in name for name in here.weights(after))


def test_one_task_after_another_in_a_warm_worker(here: Bench) -> None:
    """Each as by itself, bit for bit; the next starts from the weights of the one before."""
    recipe = replace(RECIPE, steps=4, learning_rate=1e-3)
    fresh, warm = Bench(here.root / "fresh", here.encoder, here.data), here.warm()
    first = here.train("mnli", recipe=recipe)
    second = here.train("squad", parent=first, recipe=recipe)
    for stage in (first, here.score(first, "mnli"), second, here.score(second, "squad")):
        here.run(stage, warm)
        fresh.run(stage)
    for stage in (first, second):
        assert_equal_bits(here.weights(stage), fresh.weights(stage))


def test_killed_equals_unkilled(here: Bench) -> None:
    """It goes on from its checkpoint, with the same bits in the end."""
    other = Bench(here.root / "other", here.encoder, here.data)
    stage = here.train("mnli", recipe=replace(RECIPE, steps=20, learning_rate=1e-3))
    here.run(stage)
    other.stop_at = 10
    with pytest.raises(StageCancelled):
        other.run(stage)
    other.stop_at = -1
    other.run(stage)
    assert_equal_bits(here.weights(stage), other.weights(stage))


@pytest.mark.parametrize("freeze", [("embeddings",), ("layers:1",)])
def test_parts_can_be_frozen(here: Bench, freeze: tuple[str, ...]) -> None:
    stage = here.train("mnli", recipe=replace(RECIPE, steps=2, freeze=freeze))
    here.run(stage)
    assert here.about(stage)["frozen"] > 0
