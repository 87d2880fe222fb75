"""From a trial to its stages: chains, sharing, common random numbers, languages that come late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.sweep import Sweep, Target
from sweeps.spec.trials import baseline_beside, paths_of_trial, stage_tree
from xlt_core.stages import EvaluateStage, PretrainedStage, TrainStage, lineage
from xlt_core.tasks import TABLE
from xlt_core.vocabulary.plan import Plan

SweepOf = Callable[..., Sweep]
PreparedFor = Callable[[Sweep], ResolvedInputs]
RATE = {"recipe.train.learning_rate": 2e-5}
BASELINE, ONE, TWO = (Plan.parse(text) for text in ("", "mnli", "mnli > qqp+siqa"))


@pytest.fixture
def sweep(sweep_of: SweepOf, base: str) -> Sweep:
    return sweep_of(base, "intermediate.tasks=[mnli, qqp, qqp+siqa]")


@pytest.fixture
def prepared(sweep: Sweep, prepared_for: PreparedFor) -> ResolvedInputs:
    return prepared_for(sweep)


def keys(stages) -> set[str]:
    return {stage.key for stage in stages}


class TestPaths:
    def test_one_path_for_every_seed_and_target(self, sweep: Sweep, prepared: ResolvedInputs):
        """In a fixed order."""
        paths = paths_of_trial(sweep, prepared, ONE, RATE)
        assert [(path.seed, path.target) for path in paths] == [
            (0, "udpos"), (0, "xnli"), (1, "udpos"), (1, "xnli"),
        ]  # fmt: skip

    def test_steps_come_in_order_the_target_last(self, sweep: Sweep, prepared: ResolvedInputs):
        """Positions, tasks and parents of one chain."""
        path = paths_of_trial(sweep, prepared, TWO, RATE)[1]
        chain = lineage(path.trained)
        assert [stage.position for stage in chain] == ["0", "1", "target"]
        assert [[ref.task for ref in stage.data] for stage in chain] == [
            ["mnli"], ["qqp", "siqa"], ["mnli"],
        ]  # fmt: skip
        assert all(ref.split == "train" for stage in chain for ref in stage.data)
        assert path.trained.title == "mnli > qqp+siqa > mnli #0"

    def test_a_target_may_train_in_stages(self, sweep_of: SweepOf, prepared_for: PreparedFor):
        """XCOPA: Social IQa, then COPA."""
        sweep = sweep_of("intermediate: {tasks: [mnli]}\ntargets: [xcopa]\nseeds: 1\n")
        (path,) = paths_of_trial(sweep, prepared_for(sweep), BASELINE, {})
        chain = lineage(path.trained)
        assert [(s.position, s.data[0].task) for s in chain] == [
            ("target", "siqa"), ("target.1", "copa"),
        ]  # fmt: skip

    def test_a_target_may_train_on_nothing(self, sweep_of, prepared_for, monkeypatch):
        """What comes before is scored as it is, the encoder itself for the baseline, once for all
        seeds; rows are read as the target's recipe says."""
        monkeypatch.setitem(TABLE, "tatoeba", replace(TABLE["tatoeba"], trains_on=()))
        sweep = sweep_of(
            "intermediate: {tasks: [mnli]}\ntargets: [tatoeba: [de]]\nseeds: 2\n"
            "recipe: {target: {max_length: 77}, tasks: {mnli: {max_length: 33}}}\n"
        )
        prepared = prepared_for(sweep)
        baseline = paths_of_trial(sweep, prepared, BASELINE, {})
        assert [type(path.trained) for path in baseline] == [PretrainedStage] * 2
        assert len(keys(e for path in baseline for e in path.evaluations)) == 2
        planned = paths_of_trial(sweep, prepared, ONE, {})
        titles = [stage.title for path in planned for stage in lineage(path.trained)]
        assert titles == ["mnli #0", "mnli #1"]
        for path in (*baseline, *planned):
            assert {e.reading.max_length for e in path.evaluations} == {77}
        assert baseline_beside(sweep, prepared, ONE, {}) == ()

    def test_every_language_and_split_is_scored(self, sweep: Sweep, prepared: ResolvedInputs):
        """By split, then language."""
        path = paths_of_trial(sweep, prepared, ONE, RATE)[1]
        assert [(e.data.split, e.data.language) for e in path.evaluations] == [
            ("dev", "en"), ("dev", "sw"), ("test", "en"), ("test", "sw"),
        ]  # fmt: skip
        assert all(evaluation.trained is path.trained for evaluation in path.evaluations)

    def test_a_language_without_dev_is_scored_on_test(self, sweep: Sweep, prepared: ResolvedInputs):
        """What was not prepared is not asked for."""
        data = {cell: ref for cell, ref in prepared.data.items() if cell[1:] != ("sw", "dev")}
        known = ResolvedInputs(prepared.encoder, prepared.source, data)
        path = paths_of_trial(sweep, known, ONE, RATE)[1]
        scored = [(e.data.split, e.data.language) for e in path.evaluations]
        assert scored == [("dev", "en"), ("test", "en"), ("test", "sw")]

    def test_roles_have_their_recipes(self, sweep: Sweep, prepared: ResolvedInputs):
        """Intermediate stages by `recipe.train`, the target's by the target's."""
        first, target = lineage(paths_of_trial(sweep, prepared, ONE, RATE)[1].trained)
        assert (first.recipe.steps, first.recipe.learning_rate) == (100, 2e-5)
        assert (target.recipe.steps, target.recipe.epochs) == (None, 5.0)

    def test_a_plan_from_elsewhere_is_refused(self, sweep: Sweep, prepared: ResolvedInputs):
        """Its data were never looked at."""
        with pytest.raises(ValueError, match="paws was not prepared"):
            paths_of_trial(sweep, prepared, Plan.parse("paws"), RATE)

    def test_the_same_trial_has_the_same_keys(self, sweep: Sweep, prepared: ResolvedInputs):
        """Nothing but plan and settings enters."""
        one, other = (paths_of_trial(sweep, prepared, TWO, RATE) for _ in range(2))
        assert [path.trained.key for path in one] == [path.trained.key for path in other]


class TestEqualTotalSteps:
    """`plan_steps`: arms that differ in tasks, not in the length of training."""

    def test_every_plan_trains_as_long(self, sweep_of, base, prepared_for):
        """Whatever its length; the target's own training is not counted."""
        sweep = sweep_of(
            base, "intermediate.tasks=[mnli, qqp, qqp+siqa]", "recipe.train={plan_steps: 100}"
        )
        known = prepared_for(sweep)
        for plan, shares in ((ONE, [100]), (TWO, [50, 50])):
            for path in paths_of_trial(sweep, known, plan, {}):
                chain = [s for s in lineage(path.trained) if not s.position.startswith("target")]
                assert [stage.recipe.steps for stage in chain] == shares
        baseline = paths_of_trial(sweep, known, BASELINE, {})
        assert {p.trained.key for p in baseline} == {
            p.trained.key
            for p in paths_of_trial(sweep_of(base, "recipe.train={steps: 3}"), known, BASELINE, {})
        }

    def test_a_share_is_the_same_stage_as_those_steps(self, sweep_of, base, prepared_for):
        """A key says how long a stage trains, not how that was written."""
        tasks = "intermediate.tasks=[mnli, qqp, qqp+siqa]"
        shared = sweep_of(base, tasks, "recipe.train={plan_steps: 100}")
        written = sweep_of(base, tasks, "recipe.train={steps: 50}")
        known = prepared_for(shared)
        found = [paths_of_trial(one, known, TWO, {}) for one in (shared, written)]
        assert found[0] == found[1]


class TestCommonRandomNumbers:
    def test_plan_and_baseline_share_the_targets_seed_position_and_recipe(
        self, sweep: Sweep, prepared: ResolvedInputs
    ):
        """So that data order, dropout and head are the same; the weights begin elsewhere."""
        for one, other in zip(
            paths_of_trial(sweep, prepared, BASELINE, {}),
            paths_of_trial(sweep, prepared, TWO, RATE),
            strict=True,
        ):
            mine, yours = one.trained.identity(), other.trained.identity()
            assert mine.pop("parent") is None
            assert yours.pop("parent") is not None
            assert mine == yours


class TestSharing:
    def test_targets_share_the_stages_before_them(self, sweep: Sweep, prepared: ResolvedInputs):
        """As the same objects, so that keys are computed once."""
        udpos, xnli = paths_of_trial(sweep, prepared, TWO, RATE)[:2]
        assert udpos.trained.parent is xnli.trained.parent

    def test_targets_with_one_training_share_it(self, sweep: Sweep, prepared: ResolvedInputs):
        """Two targets trained on the same data in the same way are one stage."""
        twice = replace(sweep, targets=(Target("xnli"), Target("xnli", ("en",))), seeds=(0,))
        one, other = paths_of_trial(twice, prepared, ONE, RATE)
        assert one.trained is other.trained

    def test_plans_with_a_common_beginning_share_it(self, sweep: Sweep, prepared: ResolvedInputs):
        """Across trials too: the keys are equal."""
        shorter, longer = (paths_of_trial(sweep, prepared, p, RATE)[0].trained for p in (ONE, TWO))
        assert shorter.parent is not None
        assert shorter.parent.key == lineage(longer)[0].key

    def test_the_tree_counts_what_sharing_saves(self, sweep: Sweep, prepared: ResolvedInputs):
        """Requested: every stage of every path. Distinct: after merging."""
        tree = stage_tree(sweep, prepared, [(BASELINE, {}), (ONE, RATE), (TWO, RATE)])
        trained = [stage for stage in tree.stages.values() if isinstance(stage, TrainStage)]
        assert tree.requested == 2 * 2 * (1 + 2 + 3 + 3 * 4)
        assert len(trained) == 2 * (2 + (1 + 2) + (1 + 2))
        assert tree.distinct == len(trained) + 2 * 2 * 3 * 4

    def test_another_setting_shares_nothing_it_touches(
        self, sweep: Sweep, prepared: ResolvedInputs
    ):
        """A plan at another learning rate is another chain."""
        one, other = (
            paths_of_trial(sweep, prepared, ONE, {"recipe.train.learning_rate": rate})
            for rate in (1e-5, 2e-5)
        )
        assert not keys(p.trained for p in one) & keys(p.trained for p in other)


class TestMore:
    def test_a_language_more_trains_nothing(
        self,
        sweep_of: SweepOf,
        prepared_for: PreparedFor,
        sweep: Sweep,
        prepared: ResolvedInputs,
        base: str,
    ):
        """Only evaluations are new."""
        wider = sweep_of(
            base,
            "intermediate.tasks=[mnli, qqp, qqp+siqa]",
            "targets=[{udpos: [en, de]}, {xnli: [en, sw, zh]}]",
        )
        trials = [(BASELINE, RATE), (TWO, RATE)]
        before = stage_tree(sweep, prepared, trials).stages
        after = stage_tree(wider, prepared_for(wider), trials).stages
        new = [stage for key, stage in after.items() if key not in before]
        assert before.keys() < after.keys()
        assert all(isinstance(stage, EvaluateStage) for stage in new)
        assert {stage.data.language for stage in new} == {"zh"}

    def test_a_seed_more_leaves_the_others_alone(
        self, sweep_of: SweepOf, prepared: ResolvedInputs, sweep: Sweep, base: str
    ):
        """Seeds do not know of one another."""
        more = sweep_of(base, "intermediate.tasks=[mnli, qqp, qqp+siqa]", "seeds=3")
        before, after = (stage_tree(s, prepared, [(TWO, RATE)]).stages for s in (sweep, more))
        assert before.keys() < after.keys()
