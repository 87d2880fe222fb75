"""What every training method promises, shipped or made up: the tests below run over all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.xlt_core.bench import RECIPE, Bench, assert_equal_bits, losses
from tests.xlt_core.training.methods.members import MADE_UP, Breaking
from xlt_core.stages import TrainStage
from xlt_core.training.methods import METHODS, Scene, get_method
from xlt_core.vocabulary.errors import NonFinite, StageCancelled
from xlt_core.vocabulary.events import Event
from xlt_core.worker_cache import WorkerCache

STEPS = 12
NAMES = [*METHODS, *(method.name for method in MADE_UP)]
MODULES = ("noisy", "lowrank")  # those that put hooks or modules into the encoder


@pytest.fixture(autouse=True)
def made_up_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up members stand in the table."""
    for method in MADE_UP:
        monkeypatch.setitem(METHODS, method.name, method)


def staged(here: Bench, name: str, *tasks: str, parent: TrainStage | None = None) -> TrainStage:
    """A short stage by the method; every word of it counts, so none is left out of training."""
    recipe = replace(RECIPE, steps=STEPS, method=name)
    position = "0" if parent is None else "1"
    return here.train(
        *(tasks or ("mnli", "udpos")), parent=parent, recipe=recipe, position=position
    )


@pytest.mark.parametrize("name", NAMES)
class TestEveryMethod:
    def test_it_says_what_it_is(self, name: str) -> None:
        """A name that a recipe can be written with, one line, a version, options with defaults."""
        method = get_method(name)
        assert re.fullmatch(r"[a-z][a-z0-9]*", method.name) and method.name == name
        assert method.about and "\n" not in method.about and method.version >= 1
        for option in method.options.values():
            assert option.about and option.low <= option.default <= option.high

    def test_it_learns(self, bench: Callable[..., Bench], name: str) -> None:
        """The loss falls, and what is published is what was learnt."""
        here = bench()
        recipe = replace(RECIPE, steps=250, method=name)
        stage = here.train("mnli", recipe=recipe)
        here.run(stage)
        curve = losses(here, stage)
        assert curve[-1] < 0.7 * curve[0]
        scores = here.run(here.score(stage, "mnli")).scores
        assert scores is not None and scores.primary > 60.0

    @pytest.mark.parametrize("stop", [1, 7, STEPS])
    def test_killed_it_ends_with_the_same_bits(
        self, bench: Callable[..., Bench], name: str, stop: int
    ) -> None:
        """A successor goes on from the checkpoint with all that the method remembers."""
        whole, broken = bench(), bench()
        for here in (whole, broken):
            here.settings = replace(here.settings, log_steps=1)
        whole.run(staged(whole, name))
        stage = staged(broken, name)
        broken.settings = replace(broken.settings, checkpoint_seconds=0.0)

        def die(event: Event) -> None:
            if event.kind == "stage_progress" and event.fields["step"] == stop:
                raise _Killed

        broken._report = die  # type: ignore[method-assign]
        with pytest.raises(_Killed):
            broken.run(stage)
        assert stop == 1 or broken.store.checkpoints(stage.key).latest() is not None
        broken._report = lambda event: None  # type: ignore[method-assign]
        broken.run(stage)
        assert_equal_bits(whole.weights(stage), broken.weights(stage))
        assert losses(whole, stage) == losses(broken, stage)

    def test_the_micro_batch_changes_nothing_beyond_rounding(
        self, bench: Callable[..., Bench], name: str
    ) -> None:
        """Nor the loss that is said. (AdamW blows up rounding where gradients cancel, as those of
        the keys' biases do: they are left out, and the rate is low.)"""
        whole, parts = bench(), bench()
        parts.settings = replace(parts.settings, micro_batch=3)
        stage = staged(whole, name)
        stage = replace(stage, recipe=replace(stage.recipe, learning_rate=1e-3))
        whole.run(stage)
        parts.run(stage)
        assert losses(parts, stage) == pytest.approx(losses(whole, stage), rel=1e-5)
        theirs = parts.weights(stage)
        for key, value in whole.weights(stage).items():
            if not key.endswith("key.bias"):
                torch.testing.assert_close(theirs[key], value, rtol=0, atol=1e-4, msg=key)

    def test_it_leaves_a_warm_worker_as_it_found_it(
        self, bench: Callable[..., Bench], name: str
    ) -> None:
        """Whatever comes after it has the bits of a fresh process; and so has it itself."""
        here, fresh, memory = bench(), bench(), WorkerCache()
        first = staged(here, name)
        after = staged(here, name, "copa", parent=first)
        plain = staged(here, "plain", parent=first)
        for stage in (first, after, plain, here.score(after, "copa")):
            here.run(stage, memory)
            fresh.run(stage)
        for stage in (first, after, plain):
            assert_equal_bits(here.weights(stage), fresh.weights(stage))

    def test_cancelled_it_leaves_no_trace(self, bench: Callable[..., Bench], name: str) -> None:
        """Hooks and modules are gone, whatever ended it."""
        here, fresh, memory = bench(), bench(), WorkerCache()
        here.stop_at = 10
        with pytest.raises(StageCancelled):
            here.run(staged(here, name), memory)
        here.stop_at = -1
        stage = staged(here, "plain", "copa")
        here.run(stage, memory)
        fresh.run(stage)
        assert_equal_bits(here.weights(stage), fresh.weights(stage))

    def test_a_step_that_broke_off_leaves_nothing_to_the_next_stage(
        self, bench: Callable[..., Bench], name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nor does a gradient that is not finite: the next stage has a fresh worker's bits."""
        monkeypatch.setitem(METHODS, "breaking", Breaking())
        here, fresh, memory = bench(), bench(), WorkerCache()
        with pytest.raises(MemoryError):
            here.run(staged(here, "breaking"), memory)
        exploding = replace(RECIPE, steps=STEPS, weight_decay=1e30)
        with pytest.raises(NonFinite):
            here.run(here.train("udpos", recipe=exploding), memory)
        stage = staged(here, name)
        here.run(stage, memory)
        fresh.run(stage)
        assert_equal_bits(here.weights(stage), fresh.weights(stage))

    @pytest.mark.parametrize("kind", ["bert", "electra"])
    def test_it_trains_encoders_of_other_families(
        self, bench: Callable[..., Bench], encoder_of: Callable[[str], Path], name: str, kind: str
    ) -> None:
        """Through our own forward pass or transformers' own."""
        here = bench(encoder_of(kind))
        stage = staged(here, name)
        assert here.run(stage).executed

    def test_weights_have_public_names_alone(self, bench: Callable[..., Bench], name: str) -> None:
        """What a method put into the model is in the weights, not beside them."""
        here = bench()
        stage, plain = staged(here, name), staged(here, "plain")
        here.run(stage)
        here.run(plain)
        assert here.weights(stage).keys() == here.weights(plain).keys()


@pytest.mark.parametrize("name", sorted({*NAMES} - {"plain"}))
def test_it_is_another_stage_and_other_weights(bench: Callable[..., Bench], name: str) -> None:
    """Than plain fine-tuning by the same recipe."""
    here = bench()
    stage, plain = staged(here, name), staged(here, "plain")
    assert stage.key != plain.key
    here.run(stage)
    here.run(plain)
    one, other = here.weights(stage), here.weights(plain)
    assert any(not torch.equal(one[key], other[key]) for key in one)


class TestL2SP:
    def test_it_holds_the_encoder_near_the_pretrained_weights(
        self, bench: Callable[..., Bench]
    ) -> None:
        """The stronger the penalty, the nearer; in a later stage too, whatever came between."""
        here = bench()
        apart = []
        for strength in (0.0, 0.1, 10.0):
            recipe = replace(
                RECIPE, weight_decay=0.0, method="l2sp", options=(("strength", strength),)
            )
            first = here.train("mnli", recipe=recipe)
            stage = here.train("udpos", parent=first, recipe=recipe, position="1")
            here.run(first)
            here.run(stage)
            apart.append(_distance(here, stage))
        assert apart[0] > 1.5 * apart[1] > 3 * apart[2]

    def test_without_strength_it_is_plain_fine_tuning(self, bench: Callable[..., Bench]) -> None:
        """The same numbers but for rounding; the key says otherwise, and may."""
        here = bench()
        recipe = replace(RECIPE, steps=STEPS, learning_rate=1e-3)
        plain = here.train("mnli", recipe=recipe)
        stage = here.train(
            "mnli", recipe=replace(recipe, method="l2sp", options=(("strength", 0.0),))
        )
        here.run(plain)
        here.run(stage)
        ours = here.weights(stage)
        for key, value in here.weights(plain).items():
            if not key.endswith("key.bias"):
                torch.testing.assert_close(ours[key], value, rtol=0, atol=1e-4, msg=key)

    def test_its_gradient_is_the_penaltys(self) -> None:
        """λ‖θ − θ₀‖² as torch differentiates it, on top of what is there; of no other weight."""
        model: Any = torch.nn.Linear(4, 3)
        origin, method = torch.randn(3, 4), get_method("l2sp")
        scene = Scene(model, None, {"strength": 0.3}, {"weight": origin}, (), torch.device("cpu"))  # type: ignore[arg-type]
        data = model(torch.randn(5, 4)).pow(2).sum()
        total = data + 0.3 * ((model.weight - origin) ** 2).sum()
        expected = torch.autograd.grad(total, list(model.parameters()), retain_graph=True)
        data.backward()
        with method.begin(scene) as course:
            course.complete_gradients(0)
        for value, gradient in zip(model.parameters(), expected, strict=True):
            torch.testing.assert_close(value.grad, gradient)


@pytest.mark.parametrize("name", NAMES)
def test_the_fast_path_is_off_where_it_would_pass_by_what_a_method_put_in(
    bench: Callable[..., Bench], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on everywhere else, and on again afterwards."""
    here, memory = bench(), WorkerCache()
    stage = staged(here, name)
    seen: list[bool] = []
    here._report = lambda event: seen.append(_model(memory, stage).is_swift)  # type: ignore[method-assign]
    here.run(stage, memory)
    during = seen[1:-1]
    assert during and set(during) == {name not in MODULES}
    assert _model(memory, stage).is_swift


class _Killed(BaseException):
    """Stands for a signal: no handler in the engine catches it."""


def _model(memory: WorkerCache, stage: TrainStage):  # type: ignore[no-untyped-def]
    assert memory._encoder is not None or memory.model(stage.encoder)
    assert memory._encoder is not None
    return memory._encoder[1]


def _distance(here: Bench, stage: TrainStage) -> float:
    pretrained = WorkerCache().pretrained(stage.encoder)
    weights = here.weights(stage)
    return sum(float((weights[k] - value).pow(2).sum()) for k, value in pretrained.items())
