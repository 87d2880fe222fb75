"""Models of random weights and rows of random tokens: enough to measure, nothing to download.

Rows are planted: in every kind the answer can be read off a token or two, so that a few steps teach
it and scores say whether a device learns what another learns. Next: the checks beside this file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.choice import CHOICE
from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.masked_lm import MASKED_LM
from xlt_core.kinds.regression import REGRESSION
from xlt_core.kinds.span import SPAN
from xlt_core.kinds.tagging import TAGGING
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.model import Model
from xlt_core.training import loop
from xlt_core.training.checkpoint import CheckpointStore, TrainingProgress
from xlt_core.training.job import TrainingJob, TrainingMember
from xlt_core.training.loop import Pace, Point
from xlt_core.training.methods import Scene, get_method
from xlt_core.training.order import BatchOrder
from xlt_core.vocabulary.recipe import Recipe

PAD, FIRST, MASK, MARK = 1, 0, 4, 10  # ids: padding, a row's first token, hidden, first answer
LABELS = ("a", "b", "c")
SIZES = {  # layers, hidden, heads, vocabulary: XLM-R's own, one for a CPU, one of a base's width
    "tiny": (2, 32, 2, 300),
    "shallow": (2, 768, 12, 300),
    "base": (12, 768, 12, 250_002),
    "large": (24, 1024, 16, 250_002),
}


@dataclass(frozen=True)
class Machine:
    """Where to measure, and how large."""

    device: torch.device
    small: bool

    @property
    def sizes(self) -> tuple[str, ...]:
        """The models that memory and speed are measured with."""
        return ("tiny",) if self.small else ("base", "large")

    def wait(self) -> None:
        """Until the device has done all it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def make_model(size: str, device: torch.device) -> Model:
    """XLM-R of `size` with random weights from a fixed seed, the same on every device."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    layers, hidden, heads, words = SIZES[size]
    config = XLMRobertaConfig(
        vocab_size=words, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=4 * hidden, max_position_embeddings=514, type_vocab_size=1,
        pad_token_id=PAD, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    )  # fmt: skip
    made_on = torch.device("cpu") if size == "tiny" else device  # drawing 560 M numbers takes long
    with torch.device(made_on), torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        encoder = XLMRobertaModel(config, add_pooling_layer=False)
    return Model(encoder).to(device)


def with_heads(model: Model, kinds: tuple[TaskKind, ...]) -> Model:
    """The model with a fresh head named after each kind."""
    for kind in kinds:
        labelled = kind in (CLASSIFICATION, TAGGING)
        model.add_head(kind.name, HeadSpec(kind, LABELS if labelled else ()), seed=1)
    return model


def trained_kinds() -> tuple[TaskKind, ...]:
    """The kinds that something is trained for."""
    return tuple(kind for kind in KINDS.values() if kind.has_head)


def lengths_of(rows: int, length: int | None, random: np.random.Generator) -> np.ndarray:
    """Tokens of each row: all `length`, or for None natural ones, as of MNLI pairs."""
    if length is not None:
        return np.full(rows, length)
    return np.clip(np.exp(random.normal(3.6, 0.45, rows)), 8, 128).astype(int)


def make_split(
    kind: TaskKind, rows: int, length: int | None = None, words: int = 300, seed: int = 0
) -> EncodedSplit:
    """Rows of one kind; the answer stands among its tokens."""
    random = np.random.default_rng([seed, list(KINDS.values()).index(kind)])
    width = 4 if kind is CHOICE else 1
    lengths = np.repeat(lengths_of(rows, length, random), width)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ids = random.integers(MARK + 10, words, starts[-1]).astype(np.int32)
    ids[starts[:-1]] = FIRST
    made = _PLANTED[kind](ids, starts, rows, random)
    arrays = {"ids": ids, "starts": starts.astype(np.int64), **made}
    return EncodedSplit(kind, PAD, width, rows, arrays)


def _classes(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    labels = random.integers(0, len(LABELS), rows)
    told = random.random(len(ids)) < 0.3
    told[starts[:-1]] = False
    ids[told] = MARK + np.repeat(labels, np.diff(starts))[told]
    return {"labels": labels.astype(np.int32)}


def _choices(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    right = random.integers(0, 4, rows)
    seconds = (starts[:-1] + 1).reshape(rows, 4)
    ids[seconds] = MARK
    ids[seconds[np.arange(rows), right]] = MARK + 1
    return {"labels": right.astype(np.int32)}


def _tags(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    labels = random.integers(0, len(LABELS), len(ids))
    ids[:] = MARK + labels
    ids[starts[:-1]] = FIRST
    labels[starts[:-1]] = -100
    lengths = np.diff(starts)
    words = np.concatenate([np.arange(1, length) for length in lengths])
    ends = np.concatenate([[0], np.cumsum(lengths - 1)])
    return {"labels": labels.astype(np.int32), "words": words, "word_starts": ends}


def _spans(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    lengths = np.diff(starts)
    at = random.integers(2, lengths - 1)
    ids[starts[:-1] + at] = MARK
    places = np.arange(len(ids)) - np.repeat(starts[:-1], lengths)
    return {
        "labels": np.stack([at, at], 1).astype(np.int32),
        "offsets": np.stack([places, places + 1], 1).astype(np.int32),
        "example_of": np.arange(rows, dtype=np.int32),
    }


def _numbers(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    values = random.integers(0, 3, rows)
    ids[starts[:-1] + 1] = MARK + values
    return {"labels": values.astype(np.float32) - 1}


def _texts(ids: Any, starts: Any, rows: int, random: np.random.Generator) -> dict[str, Any]:
    """Each row says one word again and again: what is hidden is told by what is not."""
    lengths = np.diff(starts)
    ids[:] = np.repeat(MARK + random.integers(0, len(LABELS), rows), lengths)
    ids[starts[:-1]] = FIRST
    free = np.ones(len(ids), np.int8)
    free[starts[:-1]] = 0
    pieces = np.concatenate([[MASK], MARK + np.arange(len(LABELS))])
    return {"free": free, "pieces": pieces.astype(np.int32)}


_PLANTED: dict[TaskKind, Callable[..., dict[str, Any]]] = {
    CLASSIFICATION: _classes,
    CHOICE: _choices,
    TAGGING: _tags,
    SPAN: _spans,
    REGRESSION: _numbers,
    MASKED_LM: _texts,
}


def make_job(splits: dict[str, EncodedSplit], recipe: Recipe) -> TrainingJob:
    """A job over `splits`, one member each, headed by its kind."""
    members = {
        name: TrainingMember(split.kind.name, split, np.arange(len(split)))
        for name, split in splits.items()
    }
    order = BatchOrder(
        {name: member.data.lengths() for name, member in members.items()},
        {name: member.rows for name, member in members.items()},
        recipe.batch_size,
        0,
        "0",
    )
    assert recipe.steps is not None
    return TrainingJob(members, order, recipe, recipe.steps, 0, "0")


def train(
    model: Model,
    job: TrainingJob,
    pace: Pace,
    checkpoints: CheckpointStore,
    tell: Callable[[Point], None],
) -> TrainingProgress:
    """Train by the plain method."""
    with get_method("plain").begin(Scene(model, job, {}, {}, (), pace.device)) as course:
        return loop.train(course, model, job, pace, checkpoints, tell)


def make_pace(device: torch.device, micro_batch: int | None = None) -> Pace:
    """No checkpoint but those asked for, a point of the curve every five steps."""
    return Pace(device, micro_batch, 1e9, 5)


class Folder:
    """CheckpointStore of one job in a folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def latest(self) -> Path | None:
        """The newest one's folder."""
        found = sorted(self.home.iterdir()) if self.home.exists() else []
        return found[-1] if found else None

    def save(self, step: int, write: Callable[[Path], None]) -> None:
        """Keep one."""
        folder = self.home / f"{step:06}"
        folder.mkdir(parents=True)
        write(folder)

    def drop(self) -> None:
        """Remove them all."""
        shutil.rmtree(self.home, ignore_errors=True)
