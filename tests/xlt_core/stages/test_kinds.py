"""Every kind of stage through the public suite, shipped or made up; nothing asks which it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from tests.xlt_core.stages.members import MADE_UP, ApartStage, AverageStage
from xlt_core import work
from xlt_core.stages import KINDS, PretrainedStage, Stage, TrainStage, lineage
from xlt_core.testing.bench import RECIPE, Bench
from xlt_core.testing.stage_kinds import Executor, StageKindSuite


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
        "pretrained": PretrainedStage(first.encoder, first.source, short),
        "pretrain": here.pretrain(short),
    }


class TestEveryKind(StageKindSuite):
    @pytest.fixture
    def here(self, family) -> Bench:
        return family[0]

    @pytest.fixture(params=["train", "evaluate", "average", "apart", "pretrained", "pretrain"])
    def stage(self, request: pytest.FixtureRequest, family) -> Stage:
        return family[1][request.param]

    @pytest.fixture
    def executor(self, stage: Stage) -> Executor:
        return work.EXECUTORS[stage.kind]


def test_each_stands_in_the_tables_under_its_own_name(family) -> None:
    """Where plans, workers and whoever reads a record look for it."""
    for name, stage in family[1].items():
        assert stage.kind == name
        assert KINDS[name] is type(stage) and name in work.EXECUTORS


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
