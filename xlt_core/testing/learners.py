"""What a learner promises: `LearnerSuite`, on batches and splits of a few rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from xlt_core.kinds import get_kind
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.example import Example
from xlt_core.kinds.outputs import Rows
from xlt_core.metrics import score
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.learner import Learner
from xlt_core.models.tensors import to_tensors
from xlt_core.tasks import Task

CPU = torch.device("cpu")
ROWS = list(range(8))


class LearnerSuite:
    """A learner: loss and predictions are functions of weights, rows and the noise that it is told,
    and its weights, written down, are all that another needs.

    A member gives `make`, which loads one anew with its pretrained weights and its tokenizer; and
    `task` and `examples`, at least eight of a kind that it serves, in English.
    """

    @pytest.fixture
    def make(self) -> Callable[[], Learner]:
        """Loads the member."""
        raise NotImplementedError("give what loads the learner: override this fixture")

    @pytest.fixture
    def task(self) -> Task:
        """A task."""
        raise NotImplementedError("give a task: override this fixture")

    @pytest.fixture
    def examples(self) -> Sequence[Example]:
        """Examples of the task."""
        raise NotImplementedError("give examples of the task: override this fixture")

    @pytest.fixture
    def spec(self, task: Task) -> HeadSpec:
        """The head that the task needs."""
        return HeadSpec(get_kind(task.kind), task.labels)

    @pytest.fixture
    def learner(self, make: Callable[[], Learner], task: Task, spec: HeadSpec) -> Learner:
        """Ready for the task."""
        return _ready(make, task, spec)

    @pytest.fixture
    def split(self, learner: Learner, spec: HeadSpec, examples: Sequence[Example]) -> EncodedSplit:
        """The examples, by the learner's own tokenizer."""
        assert learner.tokenizer is not None
        return encode(spec.kind, examples, learner.tokenizer, 48, 2)

    def test_weights_have_public_names(self, learner: Learner, task: Task, spec: HeadSpec) -> None:
        """The network's and those of heads; without these, the network's alone."""
        names = learner.weights().keys()
        assert {name.split(".")[0] for name in names} <= {"encoder", "head"}
        assert learner.specs == {task.name: spec}
        learner.drop_heads()
        assert learner.specs == {}
        own = {f"encoder.{name}" for name, _ in learner.encoder.named_parameters()}
        assert learner.weights().keys() == own

    def test_what_is_drawn_for_a_head_comes_of_its_seed(
        self, make: Callable[[], Learner], task: Task, spec: HeadSpec
    ) -> None:
        """Whatever the global generator is at, which is left alone."""
        torch.manual_seed(5)
        before = torch.get_rng_state()
        one = _ready(make, task, spec).weights()
        assert torch.equal(torch.get_rng_state(), before)
        torch.manual_seed(6)
        _assert_equal(one, _ready(make, task, spec).weights())

    def test_losses_of_parts_add_up(
        self, learner: Learner, task: Task, split: EncodedSplit
    ) -> None:
        """Dropout and all: what is dropped depends on the step and the row, on nothing else."""
        arrays = split.batch(ROWS)
        batch = to_tensors(arrays, CPU)
        learner.train()
        assert learner.count(task.name, arrays) >= 1
        whole = _loss(learner, task, batch, 0, len(ROWS), seed=3)
        assert whole.shape == () and torch.isfinite(whole) and whole > 0
        together = learner.together(task.name)
        parts = [
            _loss(learner, task, batch, start, min(start + together, len(ROWS)), seed=3)
            for start in range(0, len(ROWS), together)
        ]
        torch.testing.assert_close(sum(parts[1:], parts[0]), whole, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(_loss(learner, task, batch, 0, 8, seed=3), whole)
        whole.backward()
        gradients = {n: v.grad for n, v in learner.named_parameters() if v.grad is not None}
        assert any(name.startswith("encoder.") for name in gradients)
        assert all(torch.isfinite(gradient).all() for gradient in gradients.values())

    def test_predictions_are_one_an_example_and_drop_nothing(
        self, learner: Learner, task: Task, split: EncodedSplit, examples: Sequence[Example]
    ) -> None:
        """They can be scored, and training noise is gone, whatever ran before."""
        rows = Rows(split, examples)
        found = learner.predict(task.name, rows, task)
        assert len(found) == len(examples)
        by_name, _ = score(task.metric, examples, found, "en", task.labels)
        assert all(math.isfinite(value) for value in by_name.values())
        learner.train()
        _loss(learner, task, to_tensors(split.batch(ROWS), CPU), 0, 8, seed=9)
        assert learner.predict(task.name, rows, task) == found

    def test_another_goes_on_from_its_weights(
        self,
        make: Callable[[], Learner],
        learner: Learner,
        task: Task,
        spec: HeadSpec,
        split: EncodedSplit,
        examples: Sequence[Example],
    ) -> None:
        """Trained, written down, loaded by another: the same predictions, and the same loss."""
        batch = to_tensors(split.batch(ROWS), CPU)
        optimizer = torch.optim.SGD(learner.parameters(), lr=1e-2)
        before = _loss(learner, task, batch, 0, 8, seed=1).item()
        for step in range(3):
            _loss(learner, task, batch, 0, 8, seed=step).backward()
            optimizer.step()
            optimizer.zero_grad()
        weights, other = learner.weights(), _ready(make, task, spec)
        other.load(weights)
        other.load_head(task.name, weights, task.name, spec.labels)
        _assert_equal(other.weights(), weights)
        rows = Rows(split, examples)
        assert other.predict(task.name, rows, task) == learner.predict(task.name, rows, task)
        assert _loss(other, task, batch, 0, 8, seed=1) == _loss(learner, task, batch, 0, 8, seed=1)
        assert _loss(other, task, batch, 0, 8, seed=1).item() != before


def _ready(make: Callable[[], Learner], task: Task, spec: HeadSpec) -> Learner:
    learner = make()
    learner.add_head(task.name, spec, seed=1)
    return learner


def _loss(
    learner: Learner, task: Task, batch: dict[str, Tensor], start: int, end: int, seed: int
) -> Tensor:
    """Of rows `start … end` of a batch, with the noise of a step."""
    learner.noise.begin(seed, start, end - start, len(ROWS))
    return learner.loss(task.name, {name: rows[start:end] for name, rows in batch.items()})


def _assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name].numpy(), other[name].numpy()) for name in one)
