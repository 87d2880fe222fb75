"""Pretraining: as any training it is the same however it was interrupted, cut and repeated; what is
trained from it starts from its weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from xlt_core.models.pretrained import load_encoder
from xlt_core.stages import PretrainStage, TrainStage, lineage
from xlt_core.testing.bench import RECIPE, Bench, assert_equal_bits, losses
from xlt_core.vocabulary.errors import StageCancelled

SHORT = replace(RECIPE, steps=40)


@pytest.fixture(params=[0.0, 0.5])
def stage(request: pytest.FixtureRequest, bench: Callable[..., Bench]) -> PretrainStage:
    """Of texts alone; half of it translations."""
    return bench().pretrain(SHORT, request.param)


@pytest.fixture
def whole(bench: Callable[..., Bench], stage: PretrainStage) -> dict[str, torch.Tensor]:
    """What one attempt learns."""
    here = bench()
    here.run(stage)
    return here.weights(stage)


def test_killed_it_ends_with_the_same_bits(bench, stage: PretrainStage, whole):
    """Order, masks and dropout go on where they were; in another process, as here, too."""
    here = bench()
    here.stop_at = 15
    with pytest.raises(StageCancelled):
        here.run(stage)
    here.stop_at = -1
    here.run(stage, here.warm())
    assert len(here.about(stage)["attempts"]) == 2
    assert_equal_bits(here.weights(stage), whole)


def test_the_micro_batch_changes_nothing(bench, stage: PretrainStage, whole):
    """Beyond rounding: what is hidden is drawn for the whole batch."""
    here = bench()
    here.settings = replace(here.settings, micro_batch=3)
    here.run(stage)
    for name, values in here.weights(stage).items():
        if not name.endswith("key.bias"):  # has no gradient but rounding
            torch.testing.assert_close(values, whole[name], atol=1e-3, rtol=1e-3)


def test_it_learns_what_is_hidden(bench: Callable[..., Bench]):
    """Better than by chance of eleven words; head and encoder, the words' own vectors too."""
    here = bench()
    stage = here.pretrain(replace(SHORT, steps=60))
    here.run(stage)
    curve = losses(here, stage)
    assert curve[-1] < curve[0]
    before = dict(load_encoder(stage.encoder).named_parameters())
    name = "embeddings.word_embeddings.weight"
    assert not torch.equal(here.weights(stage)[f"encoder.{name}"], before[name])
    scores = here.run(here.score(stage, "texts")).scores
    assert scores is not None and scores.metrics.keys() == {"accuracy", "probability"}
    assert scores.metrics["probability"] > 100 / 60


def test_it_may_drop_nothing(bench: Callable[..., Bench], stage: PretrainStage, whole):
    """A small encoder has no words to spare; what is trained from it drops as ever."""
    learnt = []
    for probability in (0.0, None):  # of attention weights: none is the encoder's own
        here, recipe = bench(), replace(SHORT, attention_dropout=probability)
        undropped = replace(stage, recipe=recipe, dropout=False)
        here.run(undropped)
        learnt.append(here.weights(undropped))
    name = "encoder.encoder.layer.0.output.dense.weight"
    assert not torch.equal(learnt[0][name], whole[name])
    for name, values in learnt[0].items():
        if not name.endswith("key.bias"):  # another kernel's rounding
            torch.testing.assert_close(values, learnt[1][name], atol=1e-3, rtol=1e-3)


def test_a_plan_goes_on_from_it(bench: Callable[..., Bench]):
    """Whatever its seed: the encoder's weights are the pretraining's; a penalty towards the
    pretrained weights is towards these."""
    here = bench()
    root = here.pretrain(SHORT)
    frozen = replace(RECIPE, steps=2, learning_rate=1e-30, weight_decay=0.0)
    first, second = (here.train("mnli", parent=root, recipe=frozen, seed=seed) for seed in (1, 2))
    assert first.key != second.key and lineage(first)[0] is lineage(second)[0] is root
    assert first.origin is root and first.title.endswith(" > mnli #1")
    for stage in lineage(first):
        here.run(stage)
    learnt = here.weights(root)
    for name, values in here.weights(first).items():
        if name.startswith("encoder."):
            torch.testing.assert_close(values, learnt[name], atol=1e-6, rtol=0.0)
    pulled = replace(frozen, learning_rate=1e-2, method="l2sp", options=(("strength", 50.0),))
    held = here.train("mnli", parent=root, recipe=pulled)
    here.run(held)
    after, name = here.weights(held), "encoder.encoder.layer.0.output.dense.weight"
    skeleton = dict(load_encoder(root.encoder).named_parameters())[name.removeprefix("encoder.")]
    apart = (after[name] - learnt[name]).norm()
    assert apart < (after[name] - skeleton).norm()


def test_what_is_not_read_has_no_share_in_the_key(bench: Callable[..., Bench]):
    """Translations where none are drawn; where a folder lies."""
    here = bench()
    stage = here.pretrain(SHORT)
    bare = replace(stage, translations=())
    moved = replace(stage, source=replace(stage.source, location="/elsewhere"))
    assert bare.key == moved.key == stage.key
    others = [
        replace(stage, **change)
        for change in ({"alpha": 1.0}, {"seed": 2}, {"masked": 0.3}, {"dropout": False})
    ]
    others += [here.pretrain(SHORT, 0.5), here.pretrain(RECIPE)]
    assert len({one.key for one in (stage, *others)}) == 7


def test_masked_texts_are_an_intermediate_task_too(bench: Callable[..., Bench], tmp_path: Path):
    """A step of a plan, in any language, by any encoder with a mask; words that occur in no row
    are told apart from those that do, so they are trained too."""
    here = bench()
    stage: TrainStage = here.train("texts[de]", recipe=replace(RECIPE, steps=3))
    here.run(stage)
    before = dict(load_encoder(stage.encoder).named_parameters())[
        "embeddings.word_embeddings.weight"
    ]
    after = here.weights(stage)["encoder.embeddings.word_embeddings.weight"]
    assert (after != before)[2:].any(dim=1).all()
