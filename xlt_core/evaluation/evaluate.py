"""Predict a split and score it; keep the predictions, so that scores can be counted again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard

from xlt_core.kinds import get_kind
from xlt_core.kinds.example import Example
from xlt_core.kinds.outputs import Rows
from xlt_core.metrics import score
from xlt_core.models.learner import Learner
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import NonFiniteScores
from xlt_core.vocabulary.lines import json_line, lines_of
from xlt_core.vocabulary.scores import Scores

PREDICTIONS = "predictions.jsonl.zst"


def evaluate(
    model: Learner,
    rows: Rows,
    task: Task,
    language: str,
    split: str,
    head: str | None = None,
) -> tuple[list[object], Scores]:
    """Predictions in the examples' order, and their scores.

    `head` names the learner's head where it is not the task's own name. Equal inputs give equal
    bits, whatever was evaluated before.

    Raises:
        NonFiniteScores: logits or scores are not numbers.
    """
    predictions = model.predict(head or task.name, rows, task)
    metrics, primary = score(task.metric, rows.examples, predictions, language, task.labels)
    wrong = [name for name, value in metrics.items() if not math.isfinite(value)]
    if wrong:
        raise NonFiniteScores(f"{task.name}[{language}]: {', '.join(wrong)} came out as no number")
    return predictions, Scores(task.name, language, split, metrics, primary, len(rows.examples))


def write_predictions(
    path: Path, examples: Sequence[Example], predictions: Sequence[object], task: Task
) -> None:
    """One JSON line an example: id, prediction and gold, labels by name; zstandard over all.

    A word that no model saw has null for a prediction.
    """
    lines = "".join(f"{line}\n" for line in _lines(examples, predictions, task))
    path.write_bytes(zstandard.ZstdCompressor(level=3).compress(lines.encode()))


def read_predictions(path: Path) -> list[dict[str, object]]:
    """What `write_predictions` wrote."""
    lines = zstandard.ZstdDecompressor().decompress(path.read_bytes()).decode()
    return [json.loads(line) for line in lines_of(lines)]


def _lines(examples: Sequence[Example], predictions: Sequence[object], task: Task) -> Iterator[str]:
    kind = get_kind(task.kind)
    for example, prediction in zip(examples, predictions, strict=True):
        yield json_line({"id": example.id, **kind.record(example, prediction, task)})
