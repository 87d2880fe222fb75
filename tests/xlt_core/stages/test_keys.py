"""Keys: what they depend on, and that they stay what they are while the house grows.

The golden keys below break when canonical JSON, a field's introduction value or an identity
changes. If you meant that, every stored stage is computed anew: say so in the commit and put the
new keys here. If numbers change and these tests do not break, raise the version of the part that
computes them: a stage kind's, a task's, a kind's, a metric's, a method's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import pytest

from xlt_core.kinds import KINDS as TASK_KINDS
from xlt_core.metrics import METRICS
from xlt_core.stages import KINDS, EvaluateStage, PretrainStage, TrainStage
from xlt_core.tasks import TABLE
from xlt_core.training.methods import METHODS, Option
from xlt_core.training.methods.plain import Plain
from xlt_core.vocabulary.recipe import INTRODUCED, Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

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
    "method": "l2sp",
    "options": (("strength", 0.5),),
}


L2SP = replace(BASE, recipe=replace(BASE.recipe, method="l2sp"))
XQUAD = EvaluateStage(CHILD, DataRef("xquad", "ru", "test", "44" * 32, 10))
TEXTS = (
    DataRef("texts", "en", "train", "55" * 32, 100),
    DataRef("texts", "sw", "train", "66" * 32, 10),
)
PRETRAIN = PretrainStage(
    BASE.encoder,
    TEXTS,
    (DataRef("translations", "sw", "train", "77" * 32, 10),),
    Recipe(steps=10),
    SourceRef("lab"),
)
KEYS = {
    "train": "d70f4f381b2b3f8d0a2830504430a57af5ad9a08f5ae5c12006a6c996169cc06",
    "train after a parent": "80a74fe88f5ea8bcb56021836ce317d3f2e7d43e346322db00699cff753c0734",
    "train by a method": "8aabff2a32ba7c6b1f15ffa85f73947526b9d10bcc9724571837eb72c8e3ef7f",
    "evaluate": "80acfb636276ac37ed4d808ae090fc1de76c68811c7be34aced05485280c5054",
    "evaluate spans": "0de586e498f5ab3c44e5f74dbc62427d86d78f1348391991ae75926c49b7b90e",
    "pretrain": "536028b0e328790bee47bd1103085cf4329a7244ad3d3315552dee4ced05a4c5",
    "pretrain on translations": "f389e4f206ec8295b071d3c8feb3c904a3a5ad53865c700c8ed4b5a3a5542aef",
    "train what was pretrained": "3d953b239d68a8b569452ac86a6feb67e4713f979c576e8f67ac9b8c7fe77431",
}
GOLDEN = {
    "train": BASE,
    "train after a parent": CHILD,
    "train by a method": L2SP,
    "evaluate": EvaluateStage(CHILD, XNLI_SW),
    "evaluate spans": XQUAD,
    "pretrain": PRETRAIN,
    "pretrain on translations": replace(PRETRAIN, alpha=0.5, parallel=0.25),
    "train what was pretrained": replace(BASE, parent=PRETRAIN),
}


class TestGoldenKeys:
    @pytest.mark.parametrize("name", GOLDEN)
    def test_stay_what_they_are(self, name: str):
        """One fixed stage has exactly this key, for ever."""
        assert replace(GOLDEN[name]).key == KEYS[name]

    def test_every_field_of_a_recipe_says_what_it_was_introduced_with(self):
        """Whoever adds a field writes down once what trains as before."""
        assert set(INTRODUCED) == {field.name for field in fields(Recipe)}
        assert Recipe(steps=1).identity() == {"steps": 1}

    def test_a_new_field_changes_no_key(self, monkeypatch):
        """Standing at what it was introduced with; elsewhere it parts the keys."""

        @dataclass(frozen=True)
        class Grown(Recipe):
            shine: float = 0.5

        monkeypatch.setitem(INTRODUCED, "shine", 0.5)
        for stage in (BASE, L2SP):
            known = {field.name: getattr(stage.recipe, field.name) for field in fields(Recipe)}
            assert replace(stage, recipe=Grown(**known)).key == stage.key
            assert replace(stage, recipe=Grown(**known, shine=0.6)).key != stage.key

    def test_a_new_default_changes_no_key(self):
        """What is trained counts, not what a later version takes for granted."""

        @dataclass(frozen=True)
        class Later(Recipe):
            learning_rate: float = 1e-5

        assert replace(BASE, recipe=Later(steps=10)).key != BASE.key
        assert replace(BASE, recipe=Later(steps=10, learning_rate=2e-5)).key == BASE.key

    def test_a_new_member_of_any_kind_changes_no_key(self, monkeypatch):
        """A method, and an option of a method, that nobody uses yet."""
        monkeypatch.setitem(METHODS, "shiny", Shiny())
        grown = {**METHODS["l2sp"].options, "shine": Option("Made up.", default=3.0)}
        monkeypatch.setattr(type(METHODS["l2sp"]), "options", grown)
        assert {name: replace(stage).key for name, stage in GOLDEN.items()} == KEYS

    def test_an_option_written_out_at_its_default_changes_no_key(self):
        """Recipes from specs write them all out."""
        written = replace(L2SP.recipe, options=(("strength", 0.01),))
        assert replace(L2SP, recipe=written).key == L2SP.key

    def test_an_options_new_default_changes_no_key(self, monkeypatch):
        """The value counts; where none is given it is today's."""
        written = replace(L2SP, recipe=replace(L2SP.recipe, options=(("strength", 0.01),)))
        later = {"strength": Option("", default=0.1, introduced=0.01)}
        monkeypatch.setattr(type(METHODS["l2sp"]), "options", later)
        assert replace(written).key == KEYS["train by a method"]
        assert replace(L2SP).key != KEYS["train by a method"]


class Shiny(Plain):
    """A method that came later."""

    name: ClassVar[str] = "shiny"


# Who has a version, and whose keys it parts: those of stages that it has a share in, and of those
# that start from them.
AFTER_BASE = {"train", "train after a parent", "evaluate", "evaluate spans"}
PRETRAINED = {"pretrain", "pretrain on translations", "train what was pretrained"}
TRAINED = {*GOLDEN} - {"pretrain", "pretrain on translations"}
SHARES = {
    "stage train": (KINDS["train"], TRAINED),
    "stage pretrain": (KINDS["pretrain"], PRETRAINED),
    "stage evaluate": (KINDS["evaluate"], {"evaluate", "evaluate spans"}),
    "method plain": (Plain, AFTER_BASE | PRETRAINED),
    "method l2sp": (type(METHODS["l2sp"]), {"train by a method"}),
    "task mnli": (TABLE["mnli"], TRAINED),
    "task texts": (TABLE["texts"], PRETRAINED),
    "task translations": (TABLE["translations"], {"pretrain on translations"}),
    "task qqp": (TABLE["qqp"], {"train after a parent", "evaluate", "evaluate spans"}),
    "task xnli": (TABLE["xnli"], {"evaluate"}),
    "task xquad": (TABLE["xquad"], {"evaluate spans"}),
    "task squad": (TABLE["squad"], set()),
    "kind classification": (TASK_KINDS["classification"], TRAINED),
    "kind masked_lm": (TASK_KINDS["masked_lm"], PRETRAINED),
    "kind span": (TASK_KINDS["span"], {"evaluate spans"}),
    "kind tagging": (TASK_KINDS["tagging"], set()),
    "metric accuracy": (METRICS["accuracy"], {"evaluate"}),
    "metric squad": (METRICS[TABLE["xquad"].metric], {"evaluate spans"}),
    "metric udpos": (METRICS["udpos"], set()),
}


@contextmanager
def raised(part: object) -> Iterator[None]:
    """Its version one higher, whether it is a class, a plain object or a frozen value."""
    before = vars(part).get("version")
    current = part.version  # type: ignore[attr-defined]
    if isinstance(part, type):
        part.version = current + 1  # type: ignore[attr-defined]
    else:
        object.__setattr__(part, "version", current + 1)
    try:
        yield
    finally:
        if before is not None:
            if isinstance(part, type):
                part.version = before  # type: ignore[attr-defined]
            else:
                object.__setattr__(part, "version", before)
        elif isinstance(part, type):
            del part.version  # type: ignore[attr-defined]
        else:
            object.__delattr__(part, "version")


class TestVersions:
    @pytest.mark.parametrize("name", SHARES)
    def test_a_raised_version_parts_its_own_keys_and_no_others(self, name: str):
        """Each part by itself."""
        part, parted = SHARES[name]
        with raised(part):
            # A parent keeps the key it has computed: the whole path is made anew.
            keys = {known: remade(stage).key for known, stage in GOLDEN.items()}
        assert {known for known in GOLDEN if keys[known] != KEYS[known]} == parted
        assert {known: remade(stage).key for known, stage in GOLDEN.items()} == KEYS


class TestTasksOfOnesOwn:
    """Nobody raises their versions: what they say of themselves is part of their keys."""

    OTHERS: ClassVar = {
        "metric": "panx",
        "labels": ("up", "down"),
        "kind": "regression",
        "unanswerable": True,
    }

    @pytest.fixture
    def keys(self, monkeypatch: pytest.MonkeyPatch):
        def made(name: str, **fields) -> tuple[str, str]:
            task = replace(TABLE["sib200"], **{"name": name, **fields})
            monkeypatch.setitem(TABLE, name, task)
            data = replace(MNLI, task=name)
            trained = replace(BASE, data=(data,))
            return trained.key, EvaluateStage(BASE, replace(data, split="dev")).key

        return made

    @pytest.mark.parametrize("name", ["mine", "sib200"])
    @pytest.mark.parametrize("field", OTHERS)
    def test_each_change_is_another_key(self, keys, name: str, field: str):
        """Also of one that stands in a shipped one's place; the metric parts scores alone."""
        (trained, scored), other = keys(name), keys(name, **{field: self.OTHERS[field]})
        assert other[1] != scored
        assert (other[0] == trained) == (field == "metric")

    def test_what_says_nothing_of_numbers_is_no_part_of_it(self, keys):
        assert keys("mine") == keys("mine", title="Another", roles=("target",), source="me")


def remade(stage):
    """The stage and all it starts from, as new objects."""
    if isinstance(stage, EvaluateStage):
        return replace(stage, trained=remade(stage.trained))
    if isinstance(stage, PretrainStage):
        return replace(stage)
    return replace(stage, parent=None if stage.parent is None else remade(stage.parent))


class TestTrainKey:
    @pytest.mark.parametrize("field", [field.name for field in fields(Recipe)])
    def test_depends_on_every_field_of_the_recipe(self, field: str):
        """A field that is forgotten here fails for want of another value."""
        recipe = Recipe(epochs=1.0) if field == "epochs" else Recipe(steps=10)
        recipe = L2SP.recipe if field == "options" else recipe
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
    def test_titles_are_for_people(self):
        """The path of tasks, the seed, and what is scored."""
        assert CHILD.title == "mnli > qqp+mnli #1"
        assert EvaluateStage(BASE, XNLI_SW).title == "mnli #1 @ test/xnli/sw"
