"""The stage tree: common prefixes merged, and what that saves."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.stages import EvaluateStage, TrainStage, lineage
from xlt_core.stages.tree import StageTree
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

LANGUAGES = ("en", "sw")


def _data(task: str, language: str = "en", split: str = "train") -> DataRef:
    return DataRef(task, language, split, f"{task} {language} {split}", 10)


def _target(plan: list[str], seed: int = 0) -> TrainStage:
    """The trained target after `plan`."""
    stage = TrainStage(
        encoder=EncoderRef("tiny", "e", ""),
        parent=None,
        data=(),
        recipe=Recipe(steps=1),
        seed=seed,
        position="",
        source=SourceRef("lab"),
    )
    parent = None
    for position, task in enumerate(plan):
        parent = replace(stage, parent=parent, data=(_data(task),), position=str(position))
    return replace(stage, parent=parent, data=(_data("target"),), position="target")


def _evaluations(trained: TrainStage) -> list[EvaluateStage]:
    return [EvaluateStage(trained, _data("target", code, "test")) for code in LANGUAGES]


plans = st.lists(st.lists(st.sampled_from("abc"), unique=True, max_size=3), max_size=6)


class TestCounts:
    @settings(max_examples=60, deadline=None)
    @given(plans)
    def test_requested_counts_all_and_distinct_counts_each_once(self, chosen: list[list[str]]):
        """Distinct: a stage for each different prefix, and target and evaluations a plan."""
        tree = StageTree.of((t, _evaluations(t)) for t in map(_target, chosen))
        prefixes = {tuple(plan[:n]) for plan in chosen for n in range(1, len(plan) + 1)}
        different = {tuple(plan) for plan in chosen}
        assert tree.requested == sum(len(plan) + 1 + len(LANGUAGES) for plan in chosen)
        assert tree.distinct == len(prefixes) + len(different) * (1 + len(LANGUAGES))

    @settings(max_examples=40, deadline=None)
    @given(plans)
    def test_parents_stand_before_children(self, chosen: list[list[str]]):
        """So that stages can be computed in the tree's order."""
        tree = StageTree.of((t, _evaluations(t)) for t in map(_target, chosen))
        seen: set[str] = set()
        for key, stage in tree.stages.items():
            assert all(need.key in seen for need in lineage(stage)[:-1])
            assert key == stage.key
            seen.add(key)

    def test_asking_again_adds_no_stage(self):
        """It is only requested once more."""
        tree = StageTree()
        tree.add(_target(["a"]), [])
        tree.add(_target(["a"]), [])
        assert (tree.distinct, tree.requested) == (2, 4)

    def test_seeds_share_nothing(self):
        """Each seed trains its own path."""
        tree = StageTree.of([(_target(["a"], seed), []) for seed in (0, 1)])
        assert tree.distinct == tree.requested == 4


class TestLineage:
    def test_names_all_that_a_stage_needs(self):
        """First computed first, itself last."""
        trained = _target(["a", "b"])
        evaluation = _evaluations(trained)[0]
        assert lineage(trained) == lineage(trained)
        assert lineage(evaluation) == (*lineage(trained), evaluation)
