"""The engine's one door, with real parts throughout: a small encoder, four kinds of tasks."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from xlt_core.data import open_source
from xlt_core.evaluation.evaluate import read_predictions
from xlt_core.models.model import Model
from xlt_core.stages import EvaluateStage
from xlt_core.testing.bench import RECIPE, Bench, assert_equal_bits, json_of, losses
from xlt_core.vocabulary.errors import (
    DataChanged,
    NonFiniteLoss,
    ParentMissing,
    StageCancelled,
    UserMistake,
)
from xlt_core.vocabulary.events import Event, StageProgress
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.worker_cache import WorkerCache


class TestEveryKind:
    @pytest.mark.parametrize("task", ["mnli", "copa", "udpos", "squad", "stsb"])
    @pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
    def test_it_learns_and_is_scored(
        self, bench: Callable[..., Bench], encoder_of: Callable[[str], Path], task: str, kind: str
    ) -> None:
        """Training lowers the loss, and what was learnt shows on rows that were not trained on."""
        here = bench(encoder_of(kind))
        stage = here.train(task, recipe=replace(RECIPE, steps=250))
        assert here.run(stage).executed
        found = here.store.read(stage.key)
        assert found is not None
        curve = found.json("curve.json")
        assert curve[-1]["loss"] < 0.6 * curve[0]["loss"]
        assert all(point["memory"] > 50 and point["processor"] > 0 for point in curve)
        scores = here.run(here.score(stage, task)).scores
        assert scores is not None
        assert scores.primary > 65.0
        assert scores.examples == 48

    def test_predictions_are_kept(self, bench: Callable[..., Bench]) -> None:
        """Each example's prediction is kept beside its gold label, labels by name."""
        here = bench()
        stage = here.train("mnli")
        here.run(stage)
        judged = here.score(stage, "mnli")
        result = here.run(judged)
        found = here.store.read(judged.key)
        assert found is not None and result.scores is not None
        rows = read_predictions(found.path("predictions.jsonl.zst"))
        right = sum(row["prediction"] == row["gold"] for row in rows)
        assert 100 * right / len(rows) == pytest.approx(result.scores.primary)
        assert {row["gold"] for row in rows} <= {"entailment", "neutral", "contradiction"}

    def test_a_mixture_trains_a_head_for_each_task(self, bench: Callable[..., Bench]) -> None:
        """Members of different kinds are trained together and each is scored with its own head."""
        here = bench()
        # Long enough to pass by a wide margin at any seed: machines round differently.
        stage = here.train("mnli", "squad", recipe=replace(RECIPE, steps=600))
        here.run(stage)
        assert set(here.about(stage)["heads"]) == {"mnli", "squad"}  # type: ignore[call-overload]
        for task in ("mnli", "squad"):
            scores = here.run(here.score(stage, task)).scores
            assert scores is not None and scores.primary > 60.0


class TestContinuing:
    def test_a_cancelled_stage_goes_on_bit_for_bit(self, bench: Callable[..., Bench]) -> None:
        """Cancelled in the middle and run again, a stage ends as one that was not disturbed."""
        whole, broken = bench(), bench()
        whole.run(whole.train("mnli"))
        stage = broken.train("mnli")
        broken.stop_at = 15
        with pytest.raises(StageCancelled):
            broken.run(stage)
        assert broken.store.checkpoints(stage.key).latest_step() == 15
        broken.stop_at = -1
        broken.events.clear()
        assert broken.run(stage).executed
        first, *others = [event for event in broken.events if isinstance(event, StageProgress)]
        assert (first.step, first.steps, first.tokens_per_second) == (15, 30, 0.0)
        assert [event.step for event in others] == [20, 25, 30]
        assert_equal_bits(whole.weights(stage), broken.weights(stage))
        attempts = broken.about(stage)["attempts"]
        assert [(a["from_step"], a["to_step"]) for a in attempts] == [(0, 15), (15, 30)]  # type: ignore[attr-defined]
        assert broken.store.checkpoints(stage.key).latest() is None

    def test_a_killed_worker_is_succeeded_bit_for_bit(self, bench: Callable[..., Bench]) -> None:
        """A process killed outright loses what came after its checkpoint, and no more."""
        whole, broken = bench(), bench()
        whole.run(whole.train("squad"))
        stage = broken.train("squad")
        broken.settings = replace(broken.settings, checkpoint_seconds=0.0)
        broken.report = _die_at(17)
        with pytest.raises(_Killed):
            broken.run(stage)
        broken.report = lambda event: None
        broken.run(stage)
        assert_equal_bits(whole.weights(stage), broken.weights(stage))
        assert losses(whole, stage) == losses(broken, stage)

    def test_what_is_in_the_store_is_not_computed_again(self, bench: Callable[..., Bench]) -> None:
        """A second run answers from the store, scores included, and reports nothing."""
        here = bench()
        stage = here.train("mnli")
        judged = here.score(stage, "mnli")
        here.run(stage)
        scores = here.run(judged).scores
        here.events.clear()
        again = here.run(judged)
        assert (again.executed, again.scores) == (False, scores)
        assert not here.run(stage).executed
        assert here.events == []


class TestWarmth:
    def test_warm_and_cold_agree_bit_for_bit(self, bench: Callable[..., Bench]) -> None:
        """A worker that did much else before computes what a fresh process computes."""
        warm_bench, cold = bench(), bench()
        memory = WorkerCache()
        frozen = replace(RECIPE, freeze=("layers:1",))
        first = warm_bench.train("udpos", recipe=frozen)
        second = warm_bench.train("mnli", parent=first, position="1")
        third = warm_bench.train("mnli", "copa", position="target")
        stages = [first, second, third, warm_bench.score(first, "udpos")]
        stages += [warm_bench.score(second, "mnli"), warm_bench.score(third, "copa")]
        for stage in stages:
            hot = warm_bench.run(stage, memory)
            assert cold.run(stage).scores == hot.scores
        for stage in (first, second, third):
            assert_equal_bits(warm_bench.weights(stage), cold.weights(stage))

    def test_what_is_kept_is_bounded_by_bytes(self, bench: Callable[..., Bench]) -> None:
        """Of weights and of encoded data alike; the newest of each stays whatever its size."""
        here, cold, memory = bench(), bench(), WorkerCache(weights_bytes=1, splits_bytes=1)
        first = here.train("udpos")
        second = here.train("mnli", "copa", parent=first, position="1")
        for stage in (first, second, here.score(second, "copa"), here.score(first, "udpos")):
            assert cold.run(stage).scores == here.run(stage, memory).scores
            assert len(memory.held()) == len(memory._splits) == 1
        assert_equal_bits(here.weights(second), cold.weights(second))

    def test_a_failure_leaves_no_trace(self, bench: Callable[..., Bench]) -> None:
        """After a cancelled stage, a warm worker's next one is as if nothing had been."""
        here, cold = bench(), bench()
        memory = WorkerCache()
        here.stop_at = 10
        with pytest.raises(StageCancelled):
            here.run(here.train("squad"), memory)
        here.stop_at = -1
        stage = here.train("mnli")
        here.run(stage, memory)
        cold.run(stage)
        assert_equal_bits(here.weights(stage), cold.weights(stage))

    def test_it_holds_what_it_trained(self, bench: Callable[..., Bench]) -> None:
        """Just-trained weights stay; with little room only the newest do."""
        here, memory = bench(), WorkerCache(weights_bytes=1)
        first, second = here.train("mnli", seed=1), here.train("mnli", seed=2)
        here.run(first, memory)
        assert memory.holds(first.key)
        here.run(second, memory)
        assert memory.held() == (second.key,)

    def test_the_global_generator_is_left_alone(self, bench: Callable[..., Bench]) -> None:
        """A stage neither depends on torch's global generator nor moves it."""
        here, other = bench(), bench()
        torch.manual_seed(5)
        before = torch.get_rng_state()
        stage = here.train("mnli")
        here.run(stage)
        here.run(here.score(stage, "mnli"))
        assert torch.equal(torch.get_rng_state(), before)
        torch.manual_seed(6)
        other.run(stage)
        assert_equal_bits(here.weights(stage), other.weights(stage))


class TestSettings:
    def test_the_micro_batch_changes_nothing_beyond_rounding(
        self, bench: Callable[..., Bench]
    ) -> None:
        """Dropout and loss do not depend on how a batch is cut, in any kind of task."""
        for task in ("mnli", "copa", "udpos", "squad", "stsb"):
            whole, cut = bench(), bench()
            stage = whole.train(task, recipe=replace(RECIPE, learning_rate=1e-3))
            cut.settings = replace(cut.settings, micro_batch=3)
            whole.run(stage)
            cut.run(stage)
            one, other = losses(whole, stage), losses(cut, stage)
            assert one == pytest.approx(other, rel=1e-5), task
            if task in ("mnli", "udpos"):  # elsewhere AdamW blows up rounding of what cancels
                theirs = cut.weights(stage)
                for name, values in whole.weights(stage).items():
                    if not name.endswith("key.bias"):
                        assert torch.allclose(values, theirs[name], atol=1e-4), (task, name)

    def test_threads_are_set_and_recorded(self, bench: Callable[..., Bench]) -> None:
        """The thread count asked for is used and stands in the record, as the executor does."""
        here = bench()
        here.settings = replace(here.settings, threads=1, executor={"sweep": "a"})
        stage = here.train("mnli")
        here.run(stage)
        about = here.about(stage)
        assert torch.get_num_threads() == 1
        assert about["worker"]["threads"] == 1  # type: ignore[index]
        assert about["executor"] == {"sweep": "a"}
        assert about["steps"] == 30 and about["examples"] == 48
        assert about["tokens"] > 0 and about["tokens_per_second"] > 0  # type: ignore[operator]
        json.dumps(about, allow_nan=False)

    def test_a_device_that_is_missing_is_the_users_mistake(
        self, bench: Callable[..., Bench]
    ) -> None:
        """Asking for CUDA where there is none says so."""
        if torch.cuda.is_available():
            pytest.skip("there is a CUDA device here")
        here = bench()
        here.settings = replace(here.settings, device="cuda")
        with pytest.raises(UserMistake, match="no such device"):
            here.run(here.train("mnli"))

    def test_bfloat16_is_never_feigned(self, bench: Callable[..., Bench]) -> None:
        """What a recipe asks for is what is computed, on any device: near float32, not equal."""
        here = bench()
        half, full = (
            here.train("mnli", recipe=replace(RECIPE, precision=precision))
            for precision in ("bfloat16", "float32")
        )
        here.run(half)
        here.run(full)
        assert here.about(half)["precision"] == "bfloat16"
        assert losses(here, half) != losses(here, full)
        assert losses(here, half)[0] == pytest.approx(losses(here, full)[0], rel=0.1)

    def test_scores_are_computed_in_the_precision_of_the_weights(
        self, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A recipe's word holds for the whole of a path, evaluation included."""
        here, seen = bench(), set()
        forward = Model.forward

        def watched(self: Model, *given: Any) -> Any:
            seen.add(torch.is_autocast_enabled("cpu"))
            return forward(self, *given)

        for precision in ("bfloat16", "float32"):
            trained = here.train("mnli", recipe=replace(RECIPE, precision=precision))
            here.run(trained)
            with monkeypatch.context() as patch:
                patch.setattr(Model, "forward", watched)
                here.run(here.score(trained, "mnli"))
            assert seen == {precision == "bfloat16"}
            assert here.about(here.score(trained, "mnli"))["precision"] == precision
            seen.clear()


class TestRecipes:
    def test_attention_dropout_is_the_stage_s_own(self, bench: Callable[..., Bench]) -> None:
        """It changes what is trained, and a worker that trained without it trains on as ever."""
        here, warm = bench(), WorkerCache()
        none = here.train("mnli", recipe=replace(RECIPE, attention_dropout=0.0))
        own = here.train("mnli")
        here.run(none, warm)
        here.run(own, warm)
        assert losses(here, none) != losses(here, own)
        cold = bench()
        cold.run(own)
        assert_equal_bits(cold.weights(own), here.weights(own))

    def test_frozen_weights_do_not_move(self, bench: Callable[..., Bench]) -> None:
        """`layers:1` holds embeddings and the lowest layer; the layer above is trained."""
        here = bench()
        start, stage = here.train("mnli"), None
        here.run(start)
        recipe = replace(RECIPE, freeze=("layers:1",), weight_decay=0.1)
        stage = here.train("mnli", parent=start, recipe=recipe, position="1")
        here.run(stage)
        before, after = here.weights(start), here.weights(stage)
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        held = {
            n for n in before if n.startswith(("encoder.embeddings.", "encoder.encoder.layer.0."))
        }
        assert held and not moved & held
        assert any(name.startswith("encoder.encoder.layer.1.") for name in moved)

    def test_frozen_embeddings_are_the_token_table_alone(self, bench: Callable[..., Bench]) -> None:
        """`embeddings` holds the token embeddings, words that never occur included."""
        here = bench()
        start = here.train("mnli")
        here.run(start)
        recipe = replace(RECIPE, freeze=("embeddings",))
        stage = here.train("mnli", parent=start, recipe=recipe, position="1")
        here.run(stage)
        before, after = here.weights(start), here.weights(stage)
        name = "encoder.embeddings.word_embeddings.weight"
        assert torch.equal(before[name], after[name])
        name = "encoder.embeddings.position_embeddings.weight"
        assert not torch.equal(before[name], after[name])

    def test_a_kept_head_is_the_parents(self, bench: Callable[..., Bench]) -> None:
        """`keep` starts from the parent's head where it fits, and records whether it did."""
        here = bench()
        first = here.train("mnli")
        here.run(first)
        slow = replace(RECIPE, steps=1, learning_rate=1e-12)
        kept = here.train("mnli", parent=first, recipe=replace(slow, head="keep"), position="1")
        fresh = here.train("mnli", parent=first, recipe=slow, position="1")
        other = here.train("copa", parent=first, recipe=replace(slow, head="keep"), position="1")
        for stage in (kept, fresh, other):
            here.run(stage)
        name = "head.mnli.out_proj.weight"
        assert torch.allclose(here.weights(kept)[name], here.weights(first)[name], atol=1e-6)
        assert not torch.allclose(here.weights(fresh)[name], here.weights(first)[name], atol=1e-3)
        assert here.about(kept)["heads"]["mnli"]["kept_from"] == "mnli"  # type: ignore[index]
        assert here.about(other)["heads"]["copa"]["kept_from"] is None  # type: ignore[index]

    def test_seeds_differ_and_parents_share(self, bench: Callable[..., Bench]) -> None:
        """The seed moves the head; the plan before the target does not (common random numbers)."""
        here = bench()
        slow = replace(RECIPE, steps=1, learning_rate=1e-12)
        before = here.train("udpos")
        here.run(before)
        baseline = here.train("mnli", recipe=slow, position="target")
        plan = here.train("mnli", parent=before, recipe=slow, position="target")
        reseeded = here.train("mnli", recipe=slow, seed=2, position="target")
        for stage in (baseline, plan, reseeded):
            here.run(stage)
        name = "head.mnli.dense.weight"
        assert torch.allclose(here.weights(baseline)[name], here.weights(plan)[name], atol=1e-9)
        assert not torch.allclose(here.weights(baseline)[name], here.weights(reseeded)[name])

    def test_an_exploding_loss_is_named(self, bench: Callable[..., Bench]) -> None:
        """A loss that is not finite ends the stage with task, step and learning rate."""
        here = bench()
        stage = here.train("mnli", recipe=replace(RECIPE, learning_rate=1e30, warmup=0.0))
        with pytest.raises(NonFiniteLoss, match=r"mnli.*step \d+ of 30.*learning rate"):
            here.run(stage)
        assert here.store.read(stage.key) is None

    def test_the_row_limit_is_kept(self, bench: Callable[..., Bench]) -> None:
        """`rows` bounds the examples, whatever the seed."""
        here = bench()
        stage = here.train("mnli", recipe=replace(RECIPE, steps=None, epochs=2, rows=20))
        here.run(stage)
        assert here.about(stage)["examples"] == 20
        assert here.about(stage)["steps"] == 2 * math.ceil(20 / RECIPE.batch_size)

    def test_words_that_never_occur_decay_as_all_do(self, bench: Callable[..., Bench]) -> None:
        """Leaving unseen words out of the optimiser changes nothing but the time it takes."""
        here = bench()
        stage = here.train("mnli", recipe=replace(RECIPE, weight_decay=0.5))
        here.run(stage)
        name = "embeddings.word_embeddings.weight"
        table = load_file(here.encoder / "model.safetensors")[name]
        ratio = here.weights(stage)[f"encoder.{name}"][-1] / table[-1]
        steps = [1e-2 * (n + 1) / 4 for n in range(3)] + [
            1e-2 * (30 - n) / 27 for n in range(3, 30)
        ]
        expected = math.prod(1 - rate * 0.5 for rate in steps)
        assert torch.allclose(ratio, torch.full_like(ratio, expected), rtol=1e-5)


class TestMistakes:
    def test_a_missing_parent_is_said(self, bench: Callable[..., Bench]) -> None:
        """Both kinds of stage name the parent that is not there."""
        here = bench()
        parent = here.train("mnli")
        with pytest.raises(ParentMissing, match="mnli #1"):
            here.run(here.train("copa", parent=parent, position="1"))
        with pytest.raises(ParentMissing, match="mnli #1"):
            here.run(here.score(parent, "mnli"))

    def test_changed_data_are_refused(self, bench: Callable[..., Bench]) -> None:
        """A stage planned with other rows is not computed."""
        here = bench()
        stage = here.train("mnli")
        other = replace(stage, data=(replace(stage.data[0], fingerprint="0" * 64),))
        with pytest.raises(DataChanged, match="mnli"):
            here.run(other)

    def test_a_head_that_does_not_fit_is_refused(self, bench: Callable[..., Bench]) -> None:
        """A model trained on tagging cannot be scored on question answering."""
        here = bench()
        stage = here.train("udpos")
        here.run(stage)
        with pytest.raises(UserMistake, match="heads for udpos"):
            here.run(here.score(stage, "squad"))

    def test_rows_longer_than_the_encoder_reads_are_refused(
        self, bench: Callable[..., Bench], small_encoder: Path, tmp_path: Path
    ) -> None:
        """Said before training, with the length that would do."""
        here = bench(_shortened(small_encoder, tmp_path / "short"))
        with pytest.raises(UserMistake, match="10 places"):
            here.run(here.train("squad", recipe=replace(RECIPE, max_length=40)))

    @pytest.mark.parametrize("text", ["layers:3", "head", "layers:x"])
    def test_what_cannot_be_frozen_is_said(self, bench: Callable[..., Bench], text: str) -> None:
        """A wrong `freeze` names itself and the remedy."""
        here = bench()
        with pytest.raises(UserMistake, match=r"recipe\.freeze"):
            here.run(here.train("mnli", recipe=replace(RECIPE, freeze=(text,))))


class TestEvents:
    def test_the_course_of_a_stage_is_told(self, bench: Callable[..., Bench]) -> None:
        """Started, progress at every log step, finished, all under the stage's key."""
        here = bench()
        stage = here.train("mnli")
        here.run(stage)
        kinds = [event.kind for event in here.events]
        assert kinds == ["stage_started", *["stage_progress"] * 6, "stage_finished"]
        assert {event.stage for event in here.events} == {stage.key}
        point = here.events[1]
        assert isinstance(point, StageProgress)
        assert (point.step, point.steps, point.title) == (5, 30, stage.title)
        assert min(point.loss, point.learning_rate, point.tokens_per_second) > 0

    def test_the_door_opens_without_torch(self) -> None:
        """Planning a sweep does not wait for torch."""
        code = "import sys, xlt_core.stage, xlt_core.models.encoders; print('torch' in sys.modules)"
        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert shown.stdout.strip() == "False"


@pytest.mark.shared
def test_the_small_real_encoder_trains_on_real_rows(
    tmp_path: Path, shared_encoder: Path, shared_data: Path
) -> None:
    """Real rows and encoder: some steps lower the loss, and another language is scored."""
    here = Bench(tmp_path, shared_encoder, shared_data)
    stage = here.train("udpos", recipe=Recipe(steps=12, batch_size=8, learning_rate=1e-3))
    here.run(stage)
    curve = json_of(here, stage, "curve.json")
    assert curve[-1]["loss"] < curve[0]["loss"]
    ref = open_source(stage.source).refer("udpos", "ta", "test")
    scores = here.run(EvaluateStage(stage, ref)).scores
    assert scores is not None and scores.examples == ref.rows


class _Killed(BaseException):
    """Stands for a signal: no handler in the engine catches it."""


def _die_at(step: int) -> Callable[[Event], None]:
    def report(event: Event) -> None:
        if isinstance(event, StageProgress) and event.step >= step:
            raise _Killed

    return report


def _shortened(encoder: Path, folder: Path) -> Path:
    """A copy of an encoder with places for 10 tokens."""
    from safetensors.torch import save_file

    folder.mkdir()
    for file in encoder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 12}))
    weights = load_file(folder / "model.safetensors")
    name = "embeddings.position_embeddings.weight"
    save_file(
        {**weights, name: weights[name][:12].clone()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    return folder
