"""What every kind of stage promises, shipped or made up, and that nothing asks which one it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from tests.xlt_core.stages.members import MADE_UP, ApartStage, AverageStage
from xlt_core import work
from xlt_core.stages import KINDS, Stage, TrainStage, lineage
from xlt_core.stages.tree import StageTree
from xlt_core.testing.bench import RECIPE, Bench
from xlt_core.vocabulary.errors import ParentMissing
from xlt_core.vocabulary.fingerprint import fingerprint


@pytest.fixture(autouse=True)
def made_up_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up members stand in both tables."""
    for kind, executor in MADE_UP.items():
        monkeypatch.setitem(KINDS, kind.kind, kind)
        monkeypatch.setitem(work.EXECUTORS, kind.kind, executor)


@pytest.fixture
def family(bench: Callable[..., Bench]) -> tuple[Bench, dict[str, Stage]]:
    """One of each kind, on one bench; every one of them but the first starts from another."""
    here = bench()
    short = replace(RECIPE, steps=4)
    first, second = (here.train("mnli", recipe=short, seed=seed) for seed in (1, 2))
    mean = AverageStage((first, second))
    later = replace(first, parent=mean, position="1")
    return here, {
        "train": later,
        "evaluate": here.score(later, "mnli"),
        "average": mean,
        "apart": ApartStage(mean, first),
    }


@pytest.mark.parametrize("name", ["train", "evaluate", "average", "apart"])
class TestEveryKind:
    def test_its_key_is_its_identity(self, family, name: str) -> None:
        """And it stands in the tables under its own name."""
        _, stages = family
        stage = stages[name]
        assert stage.key == fingerprint(stage.identity())
        assert stage.identity()["kind"] == stage.kind == name
        assert KINDS[name] is type(stage) and name in work.EXECUTORS

    def test_its_lineage_holds_each_once_parents_first(self, family, name: str) -> None:
        """However its ancestors are shared."""
        _, stages = family
        line = lineage(stages[name])
        seen: set[str] = set()
        for stage in line:
            assert {parent.key for parent in stage.parents} <= seen
            seen.add(stage.key)
        assert len(seen) == len(line) and line[-1] == stages[name]

    def test_it_is_computed_once_and_answers_again_from_the_store(self, family, name: str) -> None:
        """With the same answer, by the engine's one door."""
        here, stages = family
        *before, stage = lineage(stages[name])
        for needed in before:
            here.run(needed)
        first, again = here.run(stage), here.run(stage)
        assert (first.executed, again.executed) == (True, False)
        assert first.answer == again.answer and (stage.answer is None) == (first.answer is None)
        about = here.about(stage)
        assert about["kind"] == name and about["identity"] == stage.identity()
        assert about["parents"] == [parent.key for parent in stage.parents]

    def test_without_its_parents_it_says_so(self, family, name: str) -> None:
        """So that whoever asked has them computed."""
        here, stages = family
        with pytest.raises(ParentMissing):
            here.run(stages[name])

    def test_it_is_counted_and_shared_like_any(self, family, name: str) -> None:
        """A tree merges what two paths have in common."""
        _, stages = family
        stage = stages[name]
        tree = StageTree.of([(stage, ()), (stage, ())])
        assert tree.distinct == len(lineage(stage)) and tree.requested == 2 * tree.distinct
        assert stage.optimizer_steps >= 0


def test_what_was_averaged_is_evaluated_and_trained_further(family) -> None:
    """Weights are weights, whoever made them."""
    here, stages = family
    later = stages["train"]
    for stage in lineage(later):
        here.run(stage)
    first, second = lineage(later)[:2]
    one, other, mean = (here.weights(s) for s in (first, second, stages["average"]))
    for name, value in mean.items():
        torch.testing.assert_close(value, (one[name] + other[name]) / 2)
    assert isinstance(later, TrainStage) and later.path == "mean(mnli, mnli) > mnli"
    for trained in (stages["average"], later):
        scores = here.run(here.score(trained, "mnli")).scores
        assert scores is not None and scores.examples == 48


def test_pruning_counts_all_parents(family) -> None:
    """What a stage costs again is what all that it starts from cost, where they are gone too."""
    here, stages = family
    for stage in lineage(stages["apart"]):
        here.run(stage)
    listed = {info.key: info for info in here.store.list()}
    expected = {parent.key for parent in stages["apart"].parents}
    assert set(listed[stages["apart"].key].parents) == expected
