"""What a training method promises: `MethodSuite`, on stages that are trained for real."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from xlt_core.stages import TrainStage
from xlt_core.testing.bench import RECIPE, Bench, assert_equal_bits, benches, losses
from xlt_core.training.methods import METHODS, Course, Method, Scene, get_method
from xlt_core.training.methods.plain import Plain, PlainCourse
from xlt_core.vocabulary.errors import NonFinite, StageCancelled
from xlt_core.vocabulary.events import Event, StageProgress
from xlt_core.worker_cache import WorkerCache

STEPS = 12


def staged(here: Bench, name: str, *tasks: str, parent: TrainStage | None = None) -> TrainStage:
    """A short stage by the method; every word of it counts, so none is left out of training."""
    recipe = replace(RECIPE, steps=STEPS, method=name)
    position = "0" if parent is None else "1"
    return here.train(
        *(tasks or ("mnli", "udpos")), parent=parent, recipe=recipe, position=position
    )


class MethodSuite:
    """A training method: it learns, and neither a kill, nor how a batch is cut, nor what a worker
    did before changes what comes of a stage.

    A member gives `method`, with options whose defaults train (a few steps at a high rate, on
    small encoders and data of `xlt_core.testing`).
    """

    @pytest.fixture
    def method(self) -> Method:
        """The member."""
        raise NotImplementedError("give the training method: override this fixture")

    @pytest.fixture(autouse=True)
    def in_the_table(self, method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
        """As its line in `xlt_core.training.methods.METHODS` would have it."""
        monkeypatch.setitem(METHODS, method.name, method)

    @pytest.fixture
    def name(self, method: Method) -> str:
        """As recipes write it."""
        return method.name

    @pytest.fixture
    def bench(
        self, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> Callable[..., Bench]:
        """Makes benches, each with a store of its own."""
        return benches(tmp_path, tmp_path_factory.getbasetemp())

    def test_it_says_what_it_is(self, method: Method) -> None:
        """A name that a recipe can be written with, one line, a version, options with defaults."""
        assert re.fullmatch(r"[a-z][a-z0-9]*", method.name)
        assert get_method(method.name) is method
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
            if isinstance(event, StageProgress) and event.step == stop:
                raise _Killed

        broken.report = die
        with pytest.raises(_Killed):
            broken.run(stage)
        assert stop == 1 or broken.store.checkpoints(stage.key).latest() is not None
        broken.report = lambda event: None
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
        monkeypatch.setitem(METHODS, "breaking", _Breaking())
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
        self, bench: Callable[..., Bench], name: str, kind: str
    ) -> None:
        """Through our own forward pass or transformers' own."""
        here = bench(kind)
        stage = staged(here, name)
        assert here.run(stage).executed

    def test_weights_have_public_names_alone(self, bench: Callable[..., Bench], name: str) -> None:
        """What a method put into the model is in the weights, not beside them."""
        here = bench()
        stage, plain = staged(here, name), staged(here, "plain")
        here.run(stage)
        here.run(plain)
        assert here.weights(stage).keys() == here.weights(plain).keys()

    def test_it_is_another_stage_and_other_weights(
        self, bench: Callable[..., Bench], name: str
    ) -> None:
        """Than plain fine-tuning by the same recipe, unless it is that."""
        here, is_plain = bench(), name == Plain.name
        stage, plain = staged(here, name), staged(here, "plain")
        assert (stage.key == plain.key) == is_plain
        here.run(stage)
        here.run(plain)
        one, other = here.weights(stage), here.weights(plain)
        assert all(torch.equal(one[key], other[key]) for key in one) == is_plain


class _Breaking(Plain):
    """An accident: the machine fails in the middle of a step, when its gradients are there."""

    name: ClassVar[str] = "breaking"
    about: ClassVar[str] = "fails between the gradients and the step"

    def course(self, scene: Scene) -> Course:
        """See `Method`."""
        return _BreakingCourse(scene)


class _BreakingCourse(PlainCourse):
    def complete_gradients(self, step: int) -> None:
        if step == 3:
            raise MemoryError("no room")


class _Killed(BaseException):
    """Stands for a signal: no handler in the engine catches it."""
