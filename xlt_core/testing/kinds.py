"""What a kind of task promises: `KindSuite`, from examples to predictions that are scored."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from xlt_core.kinds import KINDS, TaskKind, get_kind
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.example import Example
from xlt_core.kinds.gold import pack, unpack
from xlt_core.kinds.heads import Build, applied, fresh
from xlt_core.kinds.learning import Learning
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.metrics import score
from xlt_core.models.tensors import to_tensors
from xlt_core.tasks import TABLE, Task
from xlt_core.testing.encoders import SIZE, word_tokenizer

CPU = torch.device("cpu")
INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
LENGTH, STRIDE = 48, 2


class KindSuite:
    """A kind of task: examples are kept as they were, encoded, learnt in parts of any size, and
    predicted one by one, in the form that a metric scores.

    A member gives `kind`; `task`, one of the kind with a metric that scores it; and `examples`, at
    least eight of it in English, not all equally long and none beyond forty words; `beside`, where
    its rows are found among others. Its module has to be found by that name in other processes too.
    """

    @pytest.fixture
    def kind(self) -> TaskKind:
        """The member."""
        raise NotImplementedError("give the kind of task: override this fixture")

    @pytest.fixture
    def task(self) -> Task:
        """A task of the kind."""
        raise NotImplementedError("give a task of the kind: override this fixture")

    @pytest.fixture
    def examples(self) -> Sequence[Example]:
        """Examples of the task."""
        raise NotImplementedError("give examples of the task: override this fixture")

    @pytest.fixture
    def beside(self) -> Mapping[str, Sequence[Example]]:
        """Examples by the name of each split that is read beside those (`Task.beside`)."""
        return {}

    @pytest.fixture(autouse=True)
    def in_the_table(self, kind: TaskKind, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        """As their lines in `xlt_core.kinds.KINDS` and `xlt_core.tasks.TABLE` would have it."""
        monkeypatch.setitem(KINDS, kind.name, kind)
        monkeypatch.setitem(TABLE, task.name, task)

    @pytest.fixture
    def tokenizer(self) -> Any:
        """Of whole words, most of which it does not know."""
        return word_tokenizer()

    @pytest.fixture
    def split(self, kind: TaskKind, examples: Sequence[Example], tokenizer: Any) -> EncodedSplit:
        """The examples, encoded with room for all of each."""
        return encode(kind, examples, tokenizer, LENGTH, STRIDE)

    @pytest.fixture
    def others(
        self, task: Task, beside: Mapping[str, Sequence[Example]], tokenizer: Any
    ) -> list[Outputs]:
        """What a model gives for what is read beside."""
        assert list(beside) == [one.split for one in task.beside]
        kind = get_kind(task.kind)
        return [
            _outputs(task, encode(kind, rows, tokenizer, LENGTH, STRIDE), rows, role=role)
            for role, rows in beside.items()
        ]

    def test_it_is_found_by_its_name(self, kind: TaskKind, task: Task) -> None:
        """As tasks, caches and stages write it."""
        assert get_kind(kind.name) is kind
        assert kind.version >= 1
        assert task.kind == kind.name

    def test_planning_needs_no_torch(self, kind: TaskKind) -> None:
        """All of a kind but its `learning` comes without."""
        module = type(kind).__module__
        assert hasattr(importlib.import_module(module), type(kind).__name__)
        code = f"import sys, importlib; importlib.import_module({module!r})"
        code += "; sys.exit('torch' in sys.modules)"
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        assert subprocess.run([sys.executable, "-c", code], env=env).returncode == 0

    def test_examples_are_kept_as_they_were(
        self, kind: TaskKind, examples: Sequence[Example]
    ) -> None:
        """Through JSON and back, so that what is scored is what was planned."""
        assert unpack(kind, pack(examples)) == tuple(examples)
        for example in examples:
            kept = json.loads(json.dumps([example.id, *example.content()], allow_nan=False))
            assert kind.example(kept) == example
            with pytest.raises((TypeError, ValueError, KeyError, IndexError, AttributeError)):
                kind.example([*kept, "too much"])

    def test_each_example_becomes_a_feature_or_more(
        self, kind: TaskKind, examples: Sequence[Example], tokenizer: Any, split: EncodedSplit
    ) -> None:
        """Arrays of plain numbers, the same each time; nothing is lost that there is room for."""
        assert split.examples == len(examples) >= 8
        assert len(split) >= split.examples
        assert (split.width > 1) == kind.has_choices
        assert split.lengths().min() > 0 and split.lengths().max() <= LENGTH
        assert (split.rows_cut, split.words_cut) == (0, 0)
        again = encode(kind, examples, tokenizer, LENGTH, STRIDE)
        assert split.arrays.keys() == again.arrays.keys()
        for name, array in split.arrays.items():
            assert np.issubdtype(array.dtype, np.number), name
            np.testing.assert_array_equal(array, again.arrays[name])

    def test_what_is_too_long_is_cut_and_counted(
        self, kind: TaskKind, examples: Sequence[Example], tokenizer: Any, split: EncodedSplit
    ) -> None:
        """Or goes on in another window, where the kind has such."""
        room = int(split.lengths().max()) - 1
        short = encode(kind, examples, tokenizer, room, STRIDE)
        assert short.examples == split.examples
        assert short.lengths().max() <= room
        if kind.has_windows:
            assert len(short) > len(split)
        else:
            assert len(short) == len(split)
            assert short.rows_cut > 0

    def test_a_batch_has_a_target_for_each_row(self, split: EncodedSplit) -> None:
        """Whole numbers or float32, as torch takes them; none where nothing is trained."""
        rows = [2, 0, 1]
        batch = split.batch(rows)
        assert bool(batch.keys() - INPUTS) == split.kind.has_head
        for name, values in batch.items():
            assert len(values) == len(rows), name
            assert values.dtype in (np.int64, np.float32), name

    @pytest.mark.parametrize("size", [1, 3])
    def test_losses_of_parts_add_up(
        self, kind: TaskKind, task: Task, split: EncodedSplit, size: int
    ) -> None:
        """To the whole batch's, and so does what they are divided by: how a batch is cut into
        micro-batches changes nothing beyond rounding (rows that share a loss stay together). The
        loss has a gradient.

        Where nothing is trained there is neither."""
        learning, rows = kind.learning, list(range(8))
        size *= learning.together
        head = _head(learning, task)
        if not kind.has_head:
            assert not list(head.parameters())
            with pytest.raises(NotImplementedError):
                _loss(learning, head, to_tensors(split.batch(rows), CPU))
            return
        arrays = split.batch(rows)
        batch = to_tensors(arrays, CPU)
        cuts = [slice(start, start + size) for start in range(0, len(rows), size)]
        whole = _loss(learning, head, batch)
        parts = [_loss(learning, head, {n: v[cut] for n, v in batch.items()}) for cut in cuts]
        assert whole.shape == () and torch.isfinite(whole) and whole > 0
        torch.testing.assert_close(sum(parts[1:], parts[0]), whole)
        counts = [learning.count({n: v[cut] for n, v in arrays.items()}) for cut in cuts]
        assert sum(counts) == learning.count(arrays) >= 1
        whole.backward()
        gradients = [value.grad for value in head.parameters() if value.grad is not None]
        assert gradients and any(gradient.any() for gradient in gradients)

    def test_predictions_are_one_an_example_and_can_be_scored(
        self,
        kind: TaskKind,
        task: Task,
        examples: Sequence[Example],
        split: EncodedSplit,
        others: Sequence[Outputs],
    ) -> None:
        """Written down as plain JSON beside the gold; the task's metric makes percent of them."""
        found = kind.predictions(_outputs(task, split, examples, *others), task)
        assert len(found) == len(examples)
        for example, prediction in zip(examples, found, strict=True):
            record = kind.record(example, prediction, task)
            assert record.keys() >= {"prediction", "gold"}
            assert json.loads(json.dumps(record, allow_nan=False)) == record
        by_name, primary = score(task.metric, examples, found, "en", task.labels)
        assert by_name and all(math.isfinite(value) for value in by_name.values())
        assert -100.0 <= primary <= 100.0


def _head(learning: Learning, task: Task) -> nn.Module:
    words = torch.cos(torch.arange(60.0 * SIZE).view(60, SIZE))  # as many as the tokenizer has
    build = Build(SIZE, nn.Identity, lambda: words)
    return fresh(lambda: learning.head(build, len(task.labels)), seed=1)


def _logits(learning: Learning, head: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """As `xlt_core.models.model.Model` has them, on an encoder that is a function of the words."""
    ids = batch["input_ids"].flatten(0, -2)
    mask = batch.get("attention_mask")
    present = torch.ones_like(ids) if mask is None else mask.flatten(0, -2)
    states = torch.sin(ids[..., None] * torch.arange(1.0, SIZE + 1)) * present[..., None]
    hidden = states.sum(1) if learning.reads_first else states
    return learning.logits(applied(head, hidden, batch), batch)


def _loss(learning: Learning, head: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    return learning.loss(_logits(learning, head, batch), batch)


def _outputs(
    task: Task,
    split: EncodedSplit,
    examples: Sequence[Example],
    *beside: Outputs,
    role: str = "test",
) -> Outputs:
    """Logits of each feature, without padding."""
    learning = split.kind.learning
    head = _head(learning, task)
    with torch.inference_mode():
        logits = [
            _logits(learning, head, to_tensors(split.batch([row]), CPU))[0].numpy()
            for row in range(len(split))
        ]
    rows = Rows(split, examples, tuple(other.rows for other in beside), role, "en")
    return Outputs(rows, logits, beside)
