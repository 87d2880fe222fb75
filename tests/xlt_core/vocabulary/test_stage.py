"""Stages: what a key depends on, and that keys stay what they are.

The golden keys below break when canonical JSON, a recipe's defaults or fields, an identity or a
numerics version changes. If you meant that, every stored stage is computed anew: say so in the
commit and put the new keys here. If numbers change and these tests do not break, raise the
numerics version in `xlt_core.vocabulary.stage`.
"""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from xlt_core.vocabulary import stage as stage_module
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.stage import DataRef, EncoderRef, EvaluateStage, SourceRef, TrainStage

MNLI = DataRef("mnli", "en", "train", "11" * 32, 100)
QQP = DataRef("qqp", "en", "train", "22" * 32, 50)
XNLI_SW = DataRef("xnli", "sw", "test", "33" * 32, 500)
BASE = TrainStage(
    encoder=EncoderRef("tiny", "ee" * 32, "/somewhere/tiny"),
    parent=None,
    data=(MNLI,),
    recipe=Recipe(steps=10),
    seed=1,
    position="0",
    source=SourceRef("folder", "/somewhere/data"),
)
CHILD = replace(BASE, parent=BASE, data=(QQP, MNLI), position="target")

# Another value for each field of a recipe: every one of them must reach the key.
OTHER = {
    "steps": 11,
    "epochs": None,
    "batch_size": 16,
    "learning_rate": 1e-5,
    "warmup": 0.0,
    "weight_decay": 0.0,
    "max_length": 64,
    "stride": 64,
    "max_gradient_norm": 0.5,
    "freeze": ("embeddings",),
    "head": "keep",
    "precision": "bfloat16",
    "attention_dropout": 0.0,
    "rows": 7,
}


class TestGoldenKeys:
    def test_train(self):
        """One fixed stage has exactly this key, for ever."""
        assert BASE.key == "d12b6e1568e23a9555ee6fef1f72b5c09930a3f514a682f41e7f6862e2772613"

    def test_train_after_a_parent(self):
        """So has its child."""
        assert CHILD.key == "17aa6b6361cc36d12c4c9850fb71dc5741c15bc105a9d043bf2024fe09be5c41"

    def test_evaluate(self):
        """So has an evaluation."""
        assert (
            EvaluateStage(CHILD, XNLI_SW).key
            == "d86a6496d68b5246450ee6ed1d3e71410c854fc9bc535e7ce2a2658cadda2de9"
        )

    @pytest.mark.parametrize("name", ["TRAIN_NUMERICS", "EVALUATE_NUMERICS"])
    def test_a_new_numerics_version_is_a_new_key(self, monkeypatch, name: str):
        """Raising it by hand parts old results from new ones."""
        before = EvaluateStage(BASE, XNLI_SW).key
        monkeypatch.setattr(stage_module, name, 999)
        assert EvaluateStage(replace(BASE), XNLI_SW).key != before


class TestTrainKey:
    @pytest.mark.parametrize("field", [field.name for field in fields(Recipe)])
    def test_depends_on_every_field_of_the_recipe(self, field: str):
        """A field that is forgotten here fails for want of another value."""
        recipe = Recipe(epochs=1.0) if field == "epochs" else Recipe(steps=10)
        other = (
            Recipe(epochs=2.0) if field == "epochs" else replace(recipe, **{field: OTHER[field]})
        )
        assert replace(BASE, recipe=recipe).key != replace(BASE, recipe=other).key

    @pytest.mark.parametrize(
        "change",
        [
            {"seed": 2},
            {"position": "1"},
            {"parent": BASE},
            {"data": (QQP,)},
            {"data": (MNLI, QQP)},
            {"data": (replace(MNLI, fingerprint="44" * 32),)},
            {"data": (replace(MNLI, language="de"),)},
            {"encoder": replace(BASE.encoder, fingerprint="ff" * 32)},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_depends_on(self, change):
        """Seed, position, parent, data by content, encoder by content."""
        assert replace(BASE, **change).key != BASE.key

    @pytest.mark.parametrize(
        "change",
        [
            {"source": SourceRef("hub")},
            {"encoder": replace(BASE.encoder, location="/elsewhere", name="small")},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_does_not_depend_on(self, change):
        """Where data and encoder lie, or what they are called."""
        assert replace(BASE, **change).key == BASE.key

    def test_a_mixture_has_no_order(self):
        """The members of a step are a set."""
        assert replace(CHILD, data=(MNLI, QQP)).key == CHILD.key


class TestEvaluateKey:
    @pytest.mark.parametrize(
        "change",
        [{"task": "x"}, {"language": "de"}, {"split": "dev"}, {"fingerprint": "55" * 32}],
        ids=lambda change: next(iter(change)),
    )
    def test_depends_on_task_language_split_and_content(self, change):
        """Another language is another stage; it trains nothing."""
        stage = EvaluateStage(BASE, XNLI_SW)
        other = EvaluateStage(BASE, replace(XNLI_SW, **change))
        assert other.key != stage.key
        assert other.trained.key == stage.trained.key


class TestPath:
    def test_ancestry_runs_from_the_first_trained(self):
        """Parents before children, the stage itself last."""
        assert CHILD.ancestry() == (BASE, CHILD)

    def test_titles_are_for_people(self):
        """The path of tasks, the seed, and what is scored."""
        assert CHILD.title == "mnli > qqp+mnli #1"
        assert EvaluateStage(BASE, XNLI_SW).title == "mnli #1 @ test/xnli/sw"
