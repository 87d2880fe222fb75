"""Whether "no answer" may be predicted is the task's rule; no gold answer is looked at for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xlt_core.kinds.encoding import encode
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.kinds.span import SPAN, characters
from xlt_core.kinds.span.example import SpanExample
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.pretrained import load_tokenizer
from xlt_core.tasks import get_task

CONTEXT = "sun moon river stone"
GOLD = {"every question answered": [("sun", 0)], "one without an answer": []}


@pytest.fixture(scope="module")
def tokenizer(encoder_of: Any) -> Any:
    return load_tokenizer(refer_encoder(str(encoder_of("xlm-roberta"))))


@pytest.mark.parametrize("answers", GOLD.values(), ids=GOLD)
@pytest.mark.parametrize(("name", "predicted"), [("squad", "moon"), ("squad2", "")])
def test_the_task_decides(name: str, predicted: str, answers: Any, tokenizer: Any) -> None:
    """A model that prefers no answer is heard in SQuAD 2.0 alone, whatever the gold."""
    task = get_task(name)
    examples = [SpanExample("1", CONTEXT, "what?", tuple(answers))]
    split = encode(SPAN, examples, tokenizer, 64, 0)
    places = characters(split, 0).tolist()
    logits = np.zeros((len(places), 2), np.float32)
    logits[places.index([4, 8])] = 5.0
    logits[0] = 9.0
    assert SPAN.predictions(Outputs(Rows(split, examples), [logits]), task) == [predicted]
