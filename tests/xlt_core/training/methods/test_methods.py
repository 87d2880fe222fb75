"""Every training method through the public suite, shipped or made up; and what is L2-SP's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.xlt_core.training.methods.members import MADE_UP
from xlt_core.stages import TrainStage
from xlt_core.testing.bench import RECIPE, Bench
from xlt_core.testing.methods import STEPS, MethodSuite, staged
from xlt_core.training.methods import METHODS, Method, Scene, get_method
from xlt_core.worker_cache import WorkerCache

MEMBERS = (*METHODS.values(), *MADE_UP)
MODULES = ("noisy", "lowrank")  # those that put hooks or modules into the encoder


class TestEveryMethod(MethodSuite):
    @pytest.fixture(params=MEMBERS, ids=lambda method: method.name)
    def method(self, request: pytest.FixtureRequest) -> Method:
        return request.param


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


@pytest.mark.parametrize("method", MEMBERS, ids=lambda method: method.name)
def test_the_fast_path_is_off_where_it_would_pass_by_what_a_method_put_in(
    bench: Callable[..., Bench], method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on everywhere else, and on again afterwards."""
    monkeypatch.setitem(METHODS, method.name, method)
    here, memory = bench(), WorkerCache()
    stage = staged(here, method.name)
    seen: list[bool] = []
    here.report = lambda event: seen.append(_model(memory, stage).is_swift)
    here.run(stage, memory)
    during = seen[1:-1]
    assert during and set(during) == {method.name not in MODULES}
    assert _model(memory, stage).is_swift


def _model(memory: WorkerCache, stage: TrainStage):  # type: ignore[no-untyped-def]
    assert memory._encoder is not None or memory.model(stage.encoder)
    assert memory._encoder is not None
    return memory._encoder[1]


def _distance(here: Bench, stage: TrainStage) -> float:
    pretrained = WorkerCache().pretrained(stage.encoder)
    weights = here.weights(stage)
    return sum(float((weights[k] - value).pow(2).sum()) for k, value in pretrained.items())
