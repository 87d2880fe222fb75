"""From logits to predictions, one function for each kind of task.

Predictions are in the examples' order and in the form `xlt_core.metrics.score` reads: a label's
index, a tag's index for each word, or the text of an answer. What no model saw gets no label of the
task, which might be right by chance: a word cut off is `UNSEEN`, an answer that is missing None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from xlt_core.data.encoded import EncodedSplit
from xlt_core.data.examples import Example
from xlt_core.evaluation.batches import TOKENS_ELSEWHERE, TOKENS_ON_CPU, by_length
from xlt_core.metrics.spans import best_spans
from xlt_core.metrics.tagging import UNSEEN
from xlt_core.models.model import Model
from xlt_core.tasks.task import Kind, Task
from xlt_core.training.loss import to_tensors
from xlt_core.vocabulary.errors import NonFiniteScores

Logits = NDArray[np.float32]


def predict(
    model: Model, head: str, encoded: EncodedSplit, examples: Sequence[Example], task: Task
) -> list[Any]:
    """Predictions for every example, in order."""
    return _READERS[task.kind](features_logits(model, head, encoded), encoded, examples, task)


def features_logits(model: Model, head: str, encoded: EncodedSplit) -> list[Logits]:
    """Logits of each feature in order: [outputs], or [T, outputs] with padding cut off.

    Raises:
        NonFiniteScores: some are infinite or not numbers; a label chosen by them is no prediction.
    """
    device = next(model.parameters()).device
    tokens = TOKENS_ON_CPU if device.type == "cpu" else TOKENS_ELSEWHERE
    found: list[Logits] = [np.empty(0, np.float32)] * len(encoded)
    lengths = encoded.lengths()
    model.eval()
    model.noise.silence()
    with torch.inference_mode():
        for rows in by_length(lengths, encoded.width, tokens):
            batch = to_tensors(_inputs(encoded.batch(rows.tolist())), device)
            logits = model(head, batch).cpu().numpy()
            for row, values in zip(rows, logits, strict=True):
                found[row] = values if values.ndim == 1 else values[: lengths[row]]
    wrong = sum(not np.isfinite(values).all() for values in found)
    if wrong:
        what = f"the logits of {wrong} of {len(found)} rows are infinite or no numbers"
        raise NonFiniteScores(f"{head}: {what}")
    return found


def _inputs(batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {
        name: batch[name]
        for name in ("input_ids", "attention_mask", "token_type_ids")
        if name in batch
    }


def _labels(
    logits: list[Logits], encoded: EncodedSplit, examples: Sequence[Example], task: Task
) -> list[int]:
    return [int(values.argmax()) for values in logits]


def _tags(
    logits: list[Logits], encoded: EncodedSplit, examples: Sequence[Example], task: Task
) -> list[list[int]]:
    predictions = []
    for feature, values in enumerate(logits):
        places = np.asarray(encoded.word_positions(feature))
        tags = values.argmax(axis=-1)
        predictions.append(np.where(places < 0, UNSEEN, tags[places]).tolist())
    return predictions


def _answers(
    logits: list[Logits], encoded: EncodedSplit, examples: Sequence[Any], task: Task
) -> list[str | None]:
    """Texts; None where no window of an example holds a single token of its context."""
    offsets = [
        [(first, last) if first >= 0 else None for first, last in encoded.offsets(row).tolist()]
        for row in range(len(logits))
    ]
    chosen = best_spans(
        [values[:, 0] for values in logits],
        [values[:, 1] for values in logits],
        offsets,
        encoded.example_of_feature().tolist(),
        examples,
        null_allowed=task.unanswerable,
    )
    return [text if score > float("-inf") else None for text, score in chosen]


_READERS: Mapping[Kind, Callable[..., list[Any]]] = {
    Kind.CLASSIFICATION: _labels,
    Kind.MULTIPLE_CHOICE: _labels,
    Kind.TAGGING: _tags,
    Kind.SPAN: _answers,
}
