"""A stage that was stopped, anywhere and by anything, ends with the bits of one that was not.

Every kind of task, alone and in mixtures of two and three, whatever is frozen or kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from xlt_core.stage import StageResult, run
from xlt_core.stages import TrainStage
from xlt_core.store import Store
from xlt_core.testing.bench import RECIPE, Bench, assert_equal_bits, json_of
from xlt_core.training.checkpoint import PROGRESS, STATE
from xlt_core.vocabulary.errors import ProcessEnding, StageCancelled
from xlt_core.vocabulary.events import Event, StageProgress

STEPS = 13
SHORT = replace(RECIPE, steps=STEPS)
STOPS = (1, 6, STEPS)  # the first step, one in the middle, the last one
SINGLE = [("mnli",), ("copa",), ("udpos",), ("squad",), ("stsb",)]
TWO = [("mnli", "udpos"), ("copa", "squad"), ("udpos", "udpos[de]"), ("stsb", "udpos")]
THREE = [("copa", "mnli", "udpos"), ("mnli", "squad", "udpos[de]")]
RECIPES = {
    "plain": SHORT,
    "embeddings": replace(SHORT, freeze=("embeddings",)),
    "layers": replace(SHORT, freeze=("layers:1",), weight_decay=0.1),
    "keep": replace(SHORT, head="keep"),
    "bfloat16": replace(SHORT, precision="bfloat16"),
    "rows": replace(SHORT, rows=20, steps=None, epochs=1.5),
}


class _Killed(BaseException):
    """Stands for a signal: no handler in the engine catches it."""


def disturbed(here: Bench, stage: TrainStage, stops: Sequence[int], kill: bool) -> None:
    """Run `stage`, stopped at each of these steps and begun again."""
    stopped = _Killed if kill else StageCancelled
    # A kill is survived by the checkpoint of the step before.
    here.settings = replace(here.settings, checkpoint_seconds=0.0 if kill else 1e9)
    for stop in stops:

        def stop_there(event: Event, stop: int = stop) -> None:
            if isinstance(event, StageProgress) and event.step >= stop:
                raise stopped(stage.key)

        here.report = stop_there
        with pytest.raises(stopped):
            here.run(stage)
    here.report = lambda event: None
    here.run(stage)


def hand_over(here: Bench, stage: TrainStage, ending: Callable[[], bool]) -> StageResult:
    """Run `stage` in a process that `ending` may tell to end."""
    return run(stage, here.store, here.report, here.settings, None, ending)


def assert_alike(one: Bench, other: Bench, stage: TrainStage) -> None:
    """Weights, loss curve and counts are equal; nothing is left over."""
    assert_equal_bits(one.weights(stage), other.weights(stage))
    curves = (json_of(bench, stage, "curve.json") for bench in (one, other))
    learned = ("step", "loss", "learning_rate")  # the others tell of the machine
    told = [[{name: point[name] for name in learned} for point in curve] for curve in curves]
    assert told[0] == told[1]
    for name in ("tokens", "steps", "examples", "heads", "frozen", "bytes"):
        assert one.about(stage)[name] == other.about(stage)[name]
    assert other.store.checkpoints(stage.key).latest() is None


@pytest.fixture
def two(bench: Callable[..., Bench]) -> Callable[..., tuple[Bench, Bench]]:
    """Makes a bench to be left alone and one to be disturbed, each step a point of the curve."""

    def make(*encoder: Path, micro_batch: int | None = None) -> tuple[Bench, Bench]:
        benches = (bench(*encoder), bench(*encoder))
        for here in benches:
            here.settings = replace(here.settings, log_steps=1, micro_batch=micro_batch)
        return benches

    return make


def stage_of(benches: Sequence[Bench], tasks: Sequence[str], recipe: str) -> TrainStage:
    """A stage to continue; where heads are kept, after a parent that has them."""
    parent = None
    if RECIPES[recipe].head == "keep":
        parent = benches[0].train(*tasks[:1], seed=2)
        for here in benches:
            here.run(parent)
    position = "1" if parent else "0"
    return benches[0].train(*tasks, parent=parent, recipe=RECIPES[recipe], position=position)


class TestStopped:
    @pytest.mark.parametrize("recipe", RECIPES)
    @pytest.mark.parametrize("tasks", [*SINGLE, *TWO, *THREE], ids="+".join)
    def test_at_the_first_a_middle_and_the_last_step(
        self, two: Callable[..., tuple[Bench, Bench]], tasks: tuple[str, ...], recipe: str
    ) -> None:
        """Cancelled three times on its way, a stage is none the worse."""
        whole, broken = two()
        stage = stage_of((whole, broken), tasks, recipe)
        whole.run(stage)
        steps = int(str(whole.about(stage)["steps"]))
        stops = (1, steps // 2, steps)
        disturbed(broken, stage, stops, kill=False)
        assert_alike(whole, broken, stage)
        attempts: Any = broken.about(stage)["attempts"]
        reached = [(a["from_step"], a["to_step"]) for a in attempts]
        assert reached == list(zip((0, *stops), (*stops, steps), strict=True))

    def test_handed_over_after_the_step_it_is_in(
        self, two: Callable[..., tuple[Bench, Bench]]
    ) -> None:
        """A process told to end leaves a checkpoint at once, whatever the interval; a stage that
        has had its last step is not left."""
        whole, broken = two()
        stage = whole.train("mnli", "udpos", recipe=SHORT)
        whole.run(stage)
        asked = itertools.count(1)
        for stop in (1, 6):
            with pytest.raises(ProcessEnding) as told:
                hand_over(broken, stage, lambda stop=stop: next(asked) >= stop)
            assert told.value.step == broken.store.checkpoints(stage.key).latest_step()
        assert hand_over(broken, stage, lambda: next(asked) >= STEPS).executed
        assert_alike(whole, broken, stage)
        attempts: Any = broken.about(stage)["attempts"]
        assert [(a["from_step"], a["to_step"]) for a in attempts] == [(0, 1), (1, 6), (6, STEPS)]

    @pytest.mark.parametrize("tasks", [("squad",), *THREE], ids="+".join)
    @pytest.mark.parametrize("kind", ["bert", "electra"])
    def test_other_encoders(
        self,
        two: Callable[..., tuple[Bench, Bench]],
        encoder_of: Callable[[str], Path],
        tasks: tuple[str, ...],
        kind: str,
    ) -> None:
        """So with token types, and with a forward pass that draws from the global generator."""
        whole, broken = two(encoder_of(kind))
        stage = whole.train(*tasks, recipe=SHORT)
        whole.run(stage)
        disturbed(broken, stage, STOPS, kill=True)
        assert_alike(whole, broken, stage)

    @pytest.mark.parametrize("tasks", [*SINGLE, *THREE], ids="+".join)
    def test_in_micro_batches(
        self, two: Callable[..., tuple[Bench, Bench]], tasks: tuple[str, ...]
    ) -> None:
        """So with batches cut into parts."""
        whole, broken = two(micro_batch=3)
        stage = whole.train(*tasks, recipe=SHORT)
        whole.run(stage)
        disturbed(broken, stage, STOPS, kill=False)
        assert_alike(whole, broken, stage)

    # Benches of one test have stores of their own, so that examples do not meet.
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        tasks=st.lists(
            st.sampled_from(["copa", "mnli", "squad", "stsb", "udpos", "udpos[de]"]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        stops=st.lists(st.integers(2, STEPS), min_size=1, max_size=4),
        recipe=st.sampled_from(sorted(RECIPES)),
        kill=st.booleans(),
    )
    def test_anywhere(
        self,
        two: Callable[..., tuple[Bench, Bench]],
        tasks: list[str],
        stops: list[int],
        recipe: str,
        kill: bool,
    ) -> None:
        """Any tasks, any number of stops, killed or cancelled: the same bits."""
        whole, broken = two()
        stage = stage_of((whole, broken), tasks, recipe)
        whole.run(stage)
        steps = int(str(whole.about(stage)["steps"]))
        disturbed(broken, stage, sorted({min(stop, steps) for stop in stops}), kill)
        assert_alike(whole, broken, stage)

    @pytest.mark.parametrize("tasks", [*TWO, *THREE], ids="+".join)
    def test_members_in_another_order(
        self, two: Callable[..., tuple[Bench, Bench]], tasks: tuple[str, ...]
    ) -> None:
        """A mixture is a set: its successor may name the members, and make heads, otherwise."""
        whole, broken = two()
        stage = whole.train(*tasks, recipe=SHORT)
        turned = replace(stage, data=stage.data[::-1])
        whole.run(stage)
        broken.stop_at = 6
        with pytest.raises(StageCancelled):
            broken.run(stage)
        broken.run(turned)
        assert turned.key == stage.key
        assert_equal_bits(whole.weights(stage), broken.weights(stage))


class TestOldCheckpoints:
    def test_one_of_the_former_form_is_not_read(
        self, two: Callable[..., tuple[Bench, Bench]]
    ) -> None:
        """It told one step for all weights: training begins anew, and ends as it should."""
        whole, broken = two()
        stage = whole.train("mnli", "squad", recipe=SHORT)
        whole.run(stage)
        former(broken.store, stage, whole.weights(stage))
        disturbed(broken, stage, (3, 6), kill=False)
        assert_alike(whole, broken, stage)
        attempts: Any = broken.about(stage)["attempts"]
        assert [attempt["from_step"] for attempt in attempts] == [0, 3, 6]


def former(store: Store, stage: TrainStage, weights: dict[str, torch.Tensor]) -> None:
    """Save a checkpoint as it was before optimiser steps were kept."""

    def write(folder: Path) -> None:
        parts = ("model", "exp_avg", "exp_avg_sq")
        named = {f"{part}.{name}": w.clone() for part in parts for name, w in weights.items()}
        save_file(named, folder / STATE)
        (folder / PROGRESS).write_text(
            '{"step": 900, "tokens": 9, "seconds": 1.0, "window": [], "curve": [], "attempts": []}'
        )

    store.checkpoints(stage.key).save(900, write)
