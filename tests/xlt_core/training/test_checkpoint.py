"""What a checkpoint keeps: each weight's own, and nothing of what has had no step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_encoder
from xlt_core.training import checkpoint
from xlt_core.training.checkpoint import PROGRESS, TrainingProgress
from xlt_core.training.methods.plain import PlainCourse
from xlt_core.training.optimizer import freeze, make_optimizer
from xlt_core.vocabulary.recipe import Recipe

Trained = tuple[Model, torch.optim.AdamW]


@pytest.fixture
def fresh(small_encoder: Path) -> Callable[..., Trained]:
    """Makes a model with three heads and its optimiser, as a stage's successor would."""

    def make(labels: int = 2, frozen: tuple[str, ...] = ()) -> Trained:
        model = Model(load_encoder(refer_encoder(str(small_encoder))))
        for task in ("a", "b", "c"):
            names = tuple("xyz"[:labels])
            model.add_head(task, HeadSpec(CLASSIFICATION, names), seed=1)
        freeze(model, frozen)
        return model, make_optimizer(model, Recipe(steps=10))

    return make


PLAIN = PlainCourse(None)  # type: ignore[arg-type]


def save(
    folder: Path, model: Model, optimizer: torch.optim.Optimizer, at: TrainingProgress
) -> None:
    """As the loop does by a method that remembers nothing."""
    checkpoint.save(folder, checkpoint.held(model, optimizer, PLAIN), at)


def restore(
    folder: Path, model: Model, optimizer: torch.optim.Optimizer
) -> TrainingProgress | None:
    """Likewise."""
    return checkpoint.restore(folder, model, optimizer, PLAIN)


def take_steps(model: Model, optimizer: torch.optim.Optimizer, tasks: str) -> None:
    """One optimiser step on each task named, in order."""
    for task in tasks:
        model(task, {"input_ids": torch.tensor([[0, 5, 6, 2]])}).sin().sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def held(model: Model, optimizer: torch.optim.Optimizer) -> dict[str, dict[str, torch.Tensor]]:
    return {
        name: dict(optimizer.state[value])
        for name, value in model.named_parameters()
        if value in optimizer.state
    }


class TestRestore:
    @pytest.mark.parametrize("frozen", [(), ("embeddings",), ("layers:1",)])
    def test_each_weight_has_its_own_state_again(
        self, fresh: Callable[..., Trained], tmp_path: Path, frozen: tuple[str, ...]
    ) -> None:
        """Heads that took turns have their own counts; one without a turn has nothing."""
        one, other = fresh(frozen=frozen), fresh(frozen=frozen)
        take_steps(*one, "aaba")
        save(tmp_path, *one, TrainingProgress(step=4, tokens=16))
        assert restore(tmp_path, *other) == TrainingProgress(step=4, tokens=16)
        before, after = held(*one), held(*other)
        assert before.keys() == after.keys()
        for name, entries in before.items():
            assert entries.keys() == after[name].keys() == {"step", "exp_avg", "exp_avg_sq"}
            assert all(torch.equal(value, after[name][key]) for key, value in entries.items())
        counts = {name.rsplit(".", 2)[0]: int(state["step"]) for name, state in after.items()}
        assert (counts["head.a"], counts["head.b"]) == (3, 1)
        assert "head.c" not in counts
        top = next(name for name in after if name.startswith("encoder.encoder.layer.1."))
        assert after[top]["step"] == 4
        for (name, value), theirs in zip(
            one[0].named_parameters(), other[0].parameters(), strict=True
        ):
            assert torch.equal(value, theirs), name

    @pytest.mark.parametrize(
        "theirs", [{"labels": 3}, {"frozen": ("embeddings",)}], ids=["shapes", "names"]
    )
    def test_another_models_is_left_alone(
        self, fresh: Callable[..., Trained], tmp_path: Path, theirs: dict[str, object]
    ) -> None:
        """Weights of other names or shapes are not taken, not even in part."""
        one, other = fresh(), fresh(**theirs)
        take_steps(*one, "ab")
        save(tmp_path, *one, TrainingProgress(step=2))
        assert_left_alone(tmp_path, other)

    @pytest.mark.parametrize("form", [None, 1, 3])
    def test_another_form_is_left_alone(
        self, fresh: Callable[..., Trained], tmp_path: Path, form: int | None
    ) -> None:
        """What an earlier or a later release wrote is not guessed at."""
        one, other = fresh(), fresh()
        take_steps(*one, "ab")
        save(tmp_path, *one, TrainingProgress(step=2))
        record = json.loads((tmp_path / PROGRESS).read_text())
        del record["form"]
        known = record if form is None else {**record, "form": form, "more": 1}
        (tmp_path / PROGRESS).write_text(json.dumps(known))
        assert_left_alone(tmp_path, other)


def assert_left_alone(folder: Path, made: Trained) -> None:
    before = made[0].weights()
    assert restore(folder, *made) is None
    assert all(torch.equal(value, before[name]) for name, value in made[0].weights().items())
    assert held(*made) == {}
