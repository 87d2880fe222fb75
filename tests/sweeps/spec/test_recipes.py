"""Which recipe a stage gets: layers, roles, mixtures, searched values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeps.spec.ranges import rules
from sweeps.spec.recipes import Share, origins, recipe_for
from sweeps.spec.schema import spec_schema
from sweeps.spec.sweep import Sweep
from xlt_core.tasks import get_task
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import Recipe

SweepOf = Callable[..., Sweep]
MINIMAL = "intermediate: {tasks: [mnli, qqp, squad]}\ntargets: [xnli, xquad]\n"


def test_every_field_of_a_recipe_can_be_written():
    """The spec knows just the fields a recipe has, each method's options, and how a plan's stages
    share their steps."""
    options = {field for method in METHODS.values() for field in option_fields(method)}
    assert set(rules()) == {field.name for field in fields(Recipe)} - {"options"} | options | {
        "plan_steps"
    }


class TestPlanSteps:
    @given(steps=st.integers(1, 10**9), stages=st.integers(1, 12))
    def test_shares_add_up(self, steps: int, stages: int):
        """And none is more than a step longer than another."""
        shares = [Share(place, stages).of(steps) for place in range(stages)]
        assert sum(shares) == steps and max(shares) - min(shares) <= 1

    def test_the_later_layer_says_in_which_unit(self, sweep_of: SweepOf):
        """As with steps and epochs: a task's own length is not shared."""
        sweep = sweep_of(MINIMAL, "recipe={train: {plan_steps: 90}, tasks: {qqp: {steps: 7}}}")
        half = Share(0, 2)
        found = [recipe_for(sweep, (t,), "train", {}, share=half).steps for t in ("mnli", "qqp")]
        assert found == [45, 7]
        for name in ("steps", "epochs"):
            other = sweep_of(MINIMAL, "recipe.train.plan_steps=90", f"recipe.train.{name}=2")
            assert other.recipe["train"] == {name: 2}
        assert recipe_for(sweep, ("mnli",), "target", {}).epochs is not None

    @pytest.mark.parametrize(
        ("recipe", "words"),
        [
            ("{target: {plan_steps: 9}}", "recipe.target.plan_steps"),
            ("{tasks: {mnli: {plan_steps: 9}}}", "recipe.tasks.mnli.plan_steps"),
            ("{train: {plan_steps: 9, steps: 3}}", "both given"),
            ("{train: {plan_steps: 2}}", "too few for the 3 stages"),
            ("{train: {plan_steps: {choice: [90, 2]}}}", "2 steps are too few"),
            ("{train: {plan_steps: {int: [1, 90]}}}", "1 steps are too few"),
        ],
    )
    def test_mistakes(self, sweep_of: SweepOf, recipe: str, words: str):
        """Where no stages share, or a share is no step."""
        with pytest.raises(UserMistake, match=words):
            sweep_of(MINIMAL, f"recipe={recipe}")


class TestMethods:
    def test_a_stage_has_all_options_of_its_method_and_no_others(self, sweep_of: SweepOf):
        """So that a later default is another recipe, and a stray option none."""
        sweep = sweep_of(MINIMAL, "recipe.train={method: l2sp}", "recipe.target={batch_size: 4}")
        held, plain = (recipe_for(sweep, ("mnli",), role, {}) for role in ("train", "target"))
        assert (held.method, held.options) == ("l2sp", (("strength", 0.01),))
        assert (plain.method, plain.options) == ("plain", ())

    def test_options_are_fields_like_any(self, sweep_of: SweepOf):
        """Each layer may set them, and a trial may search them."""
        sweep = sweep_of(
            MINIMAL,
            "recipe.train={method: l2sp, l2sp_strength: {log: [1e-4, 1]}}",
            "recipe.tasks={qqp: {l2sp_strength: 2}, squad: {method: plain}}",
        )
        drawn = {"recipe.train.l2sp_strength": 0.5}
        found = {task: recipe_for(sweep, (task,), "train", drawn) for task in ("mnli", "qqp")}
        assert [found[task].options for task in found] == [(("strength", v),) for v in (0.5, 2.0)]
        assert recipe_for(sweep, ("squad",), "train", {}).options == ()
        assert "l2sp_strength" not in origins(sweep, ("squad",), "train")

    @pytest.mark.parametrize(
        ("recipe", "words"),
        [
            ("recipe.train={l2sp_strength: 1}", "no stage is trained by l2sp"),
            ("recipe.tasks={qqp: {l2sp_strength: 1}}", "no stage is trained by l2sp"),
            (
                "recipe.train={method: {choice: [plain, l2sp]}, l2sp_strength: {log: [0.1, 1]}}",
                "searched beside the method",
            ),
            ("recipe.train={method: l2spp}", "not one of plain, l2sp"),
            ("recipe.train={method: l2sp, l2sp_strength: -1}", "at least 0"),
            ("recipe.train={method: l2sp, l2sp_strnegth: 1}", "l2sp_strength"),
        ],
    )
    def test_what_means_nothing_is_a_mistake(self, sweep_of: SweepOf, recipe: str, words: str):
        """Said at its line, before anything runs."""
        with pytest.raises(UserMistake, match=words) as caught:
            sweep_of(MINIMAL, recipe)
        assert caught.value.mistakes[0].where

    @pytest.mark.parametrize(
        "slip", ["intermediate.tasks=[mnlii]", "recipe.train.method=l2-sp", "targets=[xnlii]"]
    )
    def test_a_slip_elsewhere_is_all_that_is_said(self, sweep_of: SweepOf, slip: str):
        """What a slip leaves without its method is no mistake of its own."""
        with pytest.raises(UserMistake) as caught:
            sweep_of(MINIMAL, "recipe.train={method: l2sp, l2sp_strength: 1}", slip)
        assert len(caught.value.mistakes) == 1

    def test_the_method_is_searched(self, sweep_of: SweepOf):
        """With its options as they are."""
        sweep = sweep_of(MINIMAL, "recipe.train={method: {choice: [plain, l2sp]}}")
        found = [
            recipe_for(sweep, ("mnli",), "train", {"recipe.train.method": name})
            for name in ("plain", "l2sp")
        ]
        assert [recipe.options for recipe in found] == [(), (("strength", 0.01),)]


class TestLayers:
    def test_what_nobody_writes_is_the_tasks_own(self, sweep_of: SweepOf):
        """Each task brings the recipe of its protocol."""
        recipe = recipe_for(sweep_of(MINIMAL), ("squad",), "train", {})
        own = get_task("squad").defaults
        assert (recipe.epochs, recipe.learning_rate) == (own["epochs"], own["learning_rate"])
        assert (recipe.max_length, recipe.stride) == (384, 128)

    def test_a_target_brings_its_own_recipe_to_what_it_trains_on(self, sweep_of: SweepOf):
        """XNLI trains on MNLI by XNLI's recipe, as an intermediate task MNLI has its own."""
        sweep = sweep_of(MINIMAL)
        assert recipe_for(sweep, ("mnli",), "target", {}, "xnli").epochs == 5
        assert recipe_for(sweep, ("mnli",), "train", {}).epochs == 2

    def test_each_layer_wins_over_the_one_below(self, sweep_of: SweepOf):
        """Task's defaults, the role's layer, the task's layer, the target's layer."""
        sweep = sweep_of(
            MINIMAL,
            "recipe.train={batch_size: 1, warmup: 0.3}",
            "recipe.target={batch_size: 2}",
            "recipe.tasks={mnli: {batch_size: 3}, xnli: {batch_size: 4}}",
        )
        assert recipe_for(sweep, ("qqp",), "train", {}).batch_size == 1
        assert recipe_for(sweep, ("qqp",), "train", {}).warmup == 0.3
        assert recipe_for(sweep, ("squad",), "target", {}, "xquad").batch_size == 2
        assert recipe_for(sweep, ("mnli",), "train", {}).batch_size == 3
        assert recipe_for(sweep, ("mnli",), "target", {}, "xnli").batch_size == 4

    def test_steps_replace_epochs_and_the_other_way_round(self, sweep_of: SweepOf):
        """The stronger layer says how long, in whichever unit."""
        sweep = sweep_of(MINIMAL, "recipe.train.steps=7", "recipe.tasks.qqp.epochs=2")
        mnli, qqp = (recipe_for(sweep, (task,), "train", {}) for task in ("mnli", "qqp"))
        assert (mnli.steps, mnli.epochs) == (7, None)
        assert (qqp.steps, qqp.epochs) == (None, 2.0)

    def test_equal_values_are_one_recipe(self, sweep_of: SweepOf):
        """2 and 2.0 epochs must not have two keys."""
        whole, fraction = (
            recipe_for(sweep_of(MINIMAL, f"recipe.train.epochs={n}"), ("mnli",), "train", {})
            for n in ("2", "2.0")
        )
        assert repr(whole) == repr(fraction)

    def test_all_rows_again(self, sweep_of: SweepOf):
        """`rows: null` lifts a lower layer's limit for one task."""
        sweep = sweep_of(MINIMAL, "recipe.train.rows=100", "recipe.tasks.qqp.rows=null")
        assert recipe_for(sweep, ("mnli",), "train", {}).rows == 100
        assert recipe_for(sweep, ("qqp",), "train", {}).rows is None

    @pytest.mark.parametrize("role", ["train", "target"])
    @pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.optional])
    def test_null_lifts_what_a_lower_layer_says(self, sweep_of: SweepOf, name: str, role: str):
        """For every field that null is a value of, written in one file or over another."""
        low = {"rows": 100, "attention_dropout": 0.3}[name]
        task, other = ("qqp", "mnli") if role == "train" else ("xquad", "xnli")
        layers = (f"recipe.{role}.{name}={low}", f"recipe.tasks.{task}.{name}=null")
        sweep = sweep_of(MINIMAL, *layers)
        target = None if role == "train" else task
        lifted = recipe_for(sweep, (task,), role, {}, target)
        kept = recipe_for(sweep, (other,), role, {}, None if role == "train" else other)
        assert (getattr(lifted, name), getattr(kept, name)) == (None, low)

    @pytest.mark.parametrize("name", sorted(name for name, r in rules().items() if not r.optional))
    def test_any_other_null_over_a_value_is_a_mistake(self, sweep_of: SweepOf, name: str):
        """It would be read as if it were not there; where there is nothing below, it is not."""
        value = {"freeze": "embeddings", "head": "keep", "precision": "float32"}.get(name, 1)
        value = {"max_length": 384, "learning_rate": 0.1}.get(name, value)
        nothing = f"recipe.tasks.qqp.{name}=null"
        assert sweep_of(MINIMAL, nothing).recipe["tasks"]["qqp"] == {}
        said = rf"--set recipe\.tasks\.qqp\.{name}: null does not take back what recipe\.train"
        with pytest.raises(UserMistake, match=said):
            sweep_of(MINIMAL, f"recipe.train.{name}={value}", nothing)

    @pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.optional])
    def test_editors_are_told_where_null_is_a_value(self, name: str):
        """The JSON schema is made of the same rules."""
        field = spec_schema()["$defs"]["RecipePart"]["properties"][name]
        assert "null" in field["anyOf"][0]["type"]


class TestMixtures:
    def test_no_member_is_cut_and_none_overtrained(self, sweep_of: SweepOf):
        """The longest of lengths, the least of rates and epochs."""
        recipe = recipe_for(sweep_of(MINIMAL), ("mnli", "squad"), "train", {})
        assert (recipe.max_length, recipe.stride) == (384, 128)
        assert (recipe.epochs, recipe.learning_rate) == (2.0, 1e-5)

    def test_the_order_of_members_does_not_matter(self, sweep_of: SweepOf):
        """A mixture has one recipe."""
        sweep = sweep_of(MINIMAL, "recipe.tasks={mnli: {steps: 9}, squad: {epochs: 1}}")
        one, other = (
            recipe_for(sweep, names, "train", {})
            for names in (("mnli", "squad"), ("squad", "mnli"))
        )
        assert one == other
        assert one.steps == 9


class TestSearched:
    def test_searched_values_take_their_place(self, sweep_of: SweepOf):
        """By dotted path; a number drawn for epochs is a number of epochs."""
        sweep = sweep_of(
            MINIMAL,
            "recipe.train.learning_rate={log: [1e-5, 5e-5]}",
            "recipe.tasks.qqp.epochs={int: [1, 3]}",
        )
        drawn = {"recipe.train.learning_rate": 3e-5, "recipe.tasks.qqp.epochs": 2}
        recipe = recipe_for(sweep, ("qqp",), "train", drawn)
        assert (recipe.learning_rate, recipe.epochs) == (3e-5, 2.0)
        assert isinstance(recipe.epochs, float)

    @pytest.mark.parametrize(
        ("drawn", "parts"), [("none", ()), ("layers:2", ("layers:2",)), (["embeddings"],) * 2]
    )
    def test_a_drawn_freeze_is_a_tuple(self, sweep_of: SweepOf, drawn, parts):
        """Whatever form the choice came back in."""
        sweep = sweep_of(MINIMAL, "recipe.target.freeze={choice: [none, layers:2, embeddings]}")
        settings = {"recipe.target.freeze": drawn}
        assert recipe_for(sweep, ("mnli",), "target", settings).freeze == tuple(parts)

    def test_a_layer_that_is_not_used_needs_no_value(self, sweep_of: SweepOf):
        """The baseline knows nothing of how intermediate stages are trained."""
        sweep = sweep_of(MINIMAL, "recipe.train.warmup={float: [0, 1]}")
        assert recipe_for(sweep, ("mnli",), "target", {}).warmup == Recipe(steps=1).warmup

    def test_a_missing_value_is_named(self, sweep_of: SweepOf):
        """By its path."""
        sweep = sweep_of(MINIMAL, "recipe.train.warmup={float: [0, 1]}")
        with pytest.raises(ValueError, match=r"recipe.train.warmup is searched"):
            recipe_for(sweep, ("mnli",), "train", {})
