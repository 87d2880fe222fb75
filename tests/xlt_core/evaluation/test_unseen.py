"""Words beyond `max_length`: no model sees them, and no prediction is made up for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xlt_core.evaluation.evaluate import read_predictions, write_predictions
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.kinds.tagging import TAGGING
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import score
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.pretrained import load_tokenizer
from xlt_core.tasks import get_task

LONG = ("sun", "moon", "river", "stone") * 4


@pytest.fixture(scope="module")
def tokenizer(encoder_of: Any) -> Any:
    return load_tokenizer(refer_encoder(str(encoder_of("xlm-roberta"))))


def perfect(task: Any, examples: list[TaggingExample], tokenizer: Any, max_length: int) -> Any:
    """The predictions of a model that is right on every word it sees."""
    split = encode(TAGGING, examples, tokenizer, max_length, 0)
    logits = []
    for feature in range(len(split)):
        labels = split.batch([feature])["labels"][0]
        logits.append((labels[:, None] == np.arange(len(task.labels))).astype(np.float32))
    return TAGGING.predictions(Outputs(Rows(split, examples), logits), task)


@pytest.mark.parametrize("name", ["udpos", "panx"])
def test_whatever_the_gold_a_cut_word_is_wrong(name: str, tokenizer: Any) -> None:
    """Room for four words of sixteen: they alone have a prediction."""
    task = get_task(name)
    for tag in range(len(task.labels)):
        examples = [TaggingExample("1", LONG, (tag,) * 16)]
        predictions = perfect(task, examples, tokenizer, 6)
        assert sum(found == tag for found in predictions[0]) == 4
        metrics, _ = score(task.metric, examples, predictions, "en", task.labels)
        assert metrics.get("accuracy", 25.0) == 25.0


def test_kept_predictions_say_which_words_were_not_seen(tokenizer: Any, tmp_path: Path) -> None:
    """With null, which is no tag."""
    task = get_task("udpos")
    examples = [TaggingExample("1", LONG, (0, 7, 7, 12) * 4)]
    predictions = perfect(task, examples, tokenizer, 6)
    write_predictions(tmp_path / "p", examples, predictions, task)
    (row,) = read_predictions(tmp_path / "p")
    assert row["prediction"] == [task.labels[tag] for tag in (0, 7, 7, 12)] + [None] * 12
    assert row["gold"] == [task.labels[tag] for tag in (0, 7, 7, 12)] * 4
