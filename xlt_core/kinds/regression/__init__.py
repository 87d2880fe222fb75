"""Regression: one text or a pair of texts, and a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.kind import Encoding, Fields, Ints, Layout, TaskKind
from xlt_core.kinds.pairs import encode_pairs
from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task


@dataclass(frozen=True)
class RegressionExample:
    """One text or a pair of texts with a number."""

    id: str
    first: str
    second: str | None
    value: float

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.first, self.second, self.value]


class Regression:
    """The kind. Of a pair that is too long the longer text is cut first."""

    name = "regression"
    version = 1
    has_windows = False
    has_choices = False
    has_classes = False
    has_head = True

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> RegressionExample | None:
        """Fields: `texts`, column → text, one or two in order; `label`, the number as text."""
        texts: dict[str, str] = fields["texts"]
        if not shaper.is_sound(row, {"id": key, **texts}):
            return None
        value = _number(fields["label"])
        if value is None:
            what = f"label {fields['label']!r} is not a number"
            shaper.faults.add(row, what, "write one as 3.25; a split without labels cannot be used")
            return None
        if shaper.is_blank(row, texts):
            return None
        first, *rest = texts.values()
        return RegressionExample(key, first, rest[0] if rest else None, value)

    def example(self, fields: Sequence[Any]) -> RegressionExample:
        """From id, texts and number."""
        return RegressionExample(*fields)

    def encode(
        self,
        examples: Sequence[RegressionExample],
        tokenizer: Tokenizer,
        max_length: int,
        stride: int,
    ) -> Encoding:
        """`labels` [F], numbers."""
        arrays, cut = encode_pairs(examples, tokenizer, max_length)
        arrays["labels"] = np.array([example.value for example in examples], dtype=np.float32)
        return Encoding(arrays, cut)

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """`labels` [B], float32."""
        return {"labels": split.arrays["labels"][rows]}

    def predictions(self, outputs: Outputs, task: Task) -> list[float]:
        """Numbers."""
        return [float(values[0]) for values in outputs.logits]

    def record(
        self, example: RegressionExample, prediction: float, task: Task
    ) -> dict[str, object]:
        """Numbers."""
        return {"prediction": prediction, "gold": example.value}

    @property
    def learning(self) -> Learning:
        """Squared error."""
        from xlt_core.kinds.regression.learning import RegressionLearning

        return RegressionLearning()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


REGRESSION: TaskKind = Regression()
