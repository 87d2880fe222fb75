"""Numbers that are none end a stage; nothing that was made of them is published or gone on from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from xlt_core.metrics import METRICS, Metric
from xlt_core.models.finite import in_words, non_finite
from xlt_core.stages import TrainStage
from xlt_core.testing.bench import RECIPE, Bench
from xlt_core.vocabulary.errors import (
    NonFinite,
    NonFiniteGradient,
    NonFiniteScores,
    NonFiniteWeights,
    StageFailed,
    UserMistake,
)
from xlt_core.vocabulary.events import StageProgress

NUMBERS = [float("nan"), float("inf"), float("-inf")]
KINDS = ["mnli", "copa", "udpos", "squad", "stsb"]


def wild(steps: int, rate: float) -> dict[str, object]:
    return {"recipe": replace(RECIPE, steps=steps, learning_rate=rate, warmup=0.0)}


class TestNonFinite:
    @pytest.mark.parametrize("number", NUMBERS)
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_one_number_is_found_anywhere(self, number: float, dtype: torch.dtype) -> None:
        """In the first, a middle and the last place; large numbers that are finite are not it."""
        for place in (0, 4999, 9999):
            values = torch.ones(10_000, dtype=dtype)
            values[place] = number
            assert non_finite([("a", values), ("b", torch.ones(3))]) == ["a"]

    def test_an_overflowing_sum_accuses_nobody(self) -> None:
        """What is finite is finite, however large."""
        assert non_finite([("a", torch.full((9,), 3e38)), ("b", torch.empty(0))]) == []

    def test_infinities_of_both_signs_do_not_cancel(self) -> None:
        """Nor does a tensor of nothing else pass."""
        assert non_finite([("a", torch.tensor([float("inf"), float("-inf")]))]) == ["a"]

    def test_in_words(self) -> None:
        """Some are named, all are counted."""
        assert in_words(["a"], 2) == "1 of 2 tensors are not finite (a)"
        assert in_words(list("abcd"), 9) == "4 of 9 tensors are not finite (a, b, c, …)"


class TestTraining:
    @pytest.mark.parametrize("tasks", [("mnli",), ("mnli", "squad"), ("copa", "mnli", "squad")])
    def test_the_last_step_is_looked_at_too(
        self, bench: Callable[..., Bench], tasks: tuple[str, ...]
    ) -> None:
        """No later loss tells of it; all the same the weights are not published."""
        here = bench()
        stage = here.train(*tasks, **wild(1, 1e38))
        with pytest.raises(NonFiniteWeights, match=r"after step 1 of 1: \d+ of \d+ .*encoder"):
            here.run(stage)
        assert_nothing_left(here, stage)

    @pytest.mark.parametrize("exponent", [1, 3, 6, 9, 12, 15, 18, 21, 24, 30, 36, 38, 39])
    def test_at_any_rate_it_ends_well_or_with_nothing(
        self, bench: Callable[..., Bench], exponent: int
    ) -> None:
        """What is published is finite; what is not is a failed stage, at each way to end one."""
        here = bench()
        for steps in (1, 2, 3):
            stage = here.train("mnli", "squad", **wild(steps, 10.0**exponent))
            try:
                here.run(stage)
            except NonFinite as error:
                assert isinstance(error, StageFailed)
                assert_nothing_left(here, stage)
            else:
                assert not non_finite(here.weights(stage).items())

    def test_a_gradient_is_looked_at(self, bench: Callable[..., Bench]) -> None:
        """A finite loss may have a gradient that is none: clipping would make nothing of it."""
        here = bench()
        first = trained_as(here, "mnli", {"head.mnli.out_proj.weight": 1e25})
        recipe = replace(RECIPE, head="keep")
        stage = here.train("mnli", parent=first, recipe=recipe, position="1")
        with pytest.raises(NonFiniteGradient, match=r"mnli: .* inf at step 1 of 30, learning rate"):
            here.run(stage)
        assert_nothing_left(here, stage)

    def test_no_checkpoint_is_made_of_them(self, bench: Callable[..., Bench]) -> None:
        """The checkpoint after the first step finds what the loss of the second would."""
        here = bench()
        here.settings = replace(here.settings, checkpoint_seconds=0.0)
        stage = here.train("mnli", **wild(30, 1e38))
        with pytest.raises(NonFiniteWeights, match="after step 1 of 30"):
            here.run(stage)
        assert_nothing_left(here, stage)

    def test_whoever_tries_again_begins_anew(self, bench: Callable[..., Bench]) -> None:
        """Checkpoints of a stage that failed so are gone: they would lead there for ever."""
        here = bench()
        here.settings = replace(here.settings, checkpoint_seconds=0.0, log_steps=1)
        stage = here.train("mnli", recipe=replace(RECIPE, learning_rate=1e3))
        for _ in range(2):
            with pytest.raises(NonFinite):
                here.run(stage)
            assert_nothing_left(here, stage)
        told = [event.step for event in here.events if isinstance(event, StageProgress)]
        assert told and told[: len(told) // 2] == told[len(told) // 2 :]


class TestEvaluation:
    @pytest.mark.parametrize("number", NUMBERS)
    def test_what_is_started_from_is_looked_at(
        self, bench: Callable[..., Bench], number: float
    ) -> None:
        """A tanh hides infinity: whatever a store holds is neither scored nor trained further."""
        here = bench()
        stage = trained_as(here, "mnli", {"encoder.encoder.layer.1.output.LayerNorm.bias": number})
        for after in (here.score(stage, "mnli"), here.train("copa", parent=stage, position="1")):
            with pytest.raises(NonFiniteWeights, match=r"mnli #1: 1 of 41 .*LayerNorm\.bias"):
                here.run(after)
            assert here.store.read(after.key) is None

    @pytest.mark.parametrize("task", KINDS)
    def test_logits_that_are_none_are_no_predictions(
        self, bench: Callable[..., Bench], task: str
    ) -> None:
        """Finite weights may overflow all the same: no label is chosen by what comes out then."""
        here = bench()
        last = "encoder.encoder.layer.1.output.LayerNorm.weight"
        stage = trained_as(here, task, {last: 1e6, f"head.{task}.out_proj.weight": 1e42})
        judged = here.score(stage, task)
        with pytest.raises(NonFiniteScores, match=rf"{task}: the logits of \d+ of 48 rows"):
            here.run(judged)
        assert here.store.read(judged.key) is None

    def test_a_score_that_is_none_is_not_published(
        self, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A metric that divides nothing by nothing fails its stage, and nobody tries again."""
        here = bench()
        stage = here.train("mnli", recipe=replace(RECIPE, steps=1))
        here.run(stage)
        nothing = {"accuracy": float("nan")}
        empty = Metric("accuracy", "divides nothing", lambda *_: nothing, ("accuracy",), "a test")
        monkeypatch.setitem(METRICS, "accuracy", empty)
        with pytest.raises(NonFiniteScores, match=r"mnli\[en\]: accuracy"):
            here.run(here.score(stage, "mnli"))


class TestEncoder:
    @pytest.mark.parametrize("number", NUMBERS)
    def test_pretrained_weights_that_are_none_are_the_users_mistake(
        self, bench: Callable[..., Bench], small_encoder: Path, tmp_path: Path, number: float
    ) -> None:
        """The tensor is named, and nothing is trained."""
        folder = tmp_path / "spoilt"
        folder.mkdir()
        for file in small_encoder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        weights = load_file(folder / "model.safetensors")
        weights["embeddings.word_embeddings.weight"][-1, 3] = number
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
        here = bench(folder)
        with pytest.raises(UserMistake, match=r"1 of \d+ tensors .*word_embeddings"):
            here.run(here.train("mnli"))


def trained_as(here: Bench, task: str, factors: dict[str, float]) -> TrainStage:
    """A published stage whose weights of these names are multiplied, as nobody would train them."""
    stage = here.train(task, recipe=replace(RECIPE, steps=1))
    here.run(stage)
    about, weights = here.about(stage), here.weights(stage)
    for name, factor in factors.items():
        weights[name] = (weights[name].double() * factor).float()
        if isfinite(factor):
            weights[name].clamp_(-3e38, 3e38)
    here.store.prune(0, dry_run=False)
    with here.store.draft(stage.key) as draft:
        save_file(weights, draft.folder / "weights.safetensors")
        assert draft.publish(about)
    return stage


def assert_nothing_left(here: Bench, stage: TrainStage) -> None:
    assert here.store.read(stage.key) is None
    assert here.store.checkpoints(stage.key).latest() is None
