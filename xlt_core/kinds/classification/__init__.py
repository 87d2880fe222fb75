"""Classification: one text or a pair of texts, and one of the task's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.kind import Encoding, Fields, TaskKind
from xlt_core.kinds.one_of_several import OneOfSeveral
from xlt_core.kinds.pairs import encode_pairs
from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task


@dataclass(frozen=True)
class ClassificationExample:
    """One text or a pair of texts with a label, an index into the task's `labels`."""

    id: str
    first: str
    second: str | None
    label: int

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.first, self.second, self.label]


class Classification(OneOfSeveral):
    """The kind. Of a pair that is too long the longer text is cut first, as in the reference."""

    name = "classification"
    version = 1
    has_windows = False
    has_choices = False
    has_classes = True
    has_head = True

    def shape(
        self, shaper: Shaper, row: str, key: str, fields: Fields
    ) -> ClassificationExample | None:
        """Fields: `texts`, column → text, one or two in order; `label`, its name."""
        texts: dict[str, str] = fields["texts"]
        if not shaper.is_sound(row, {"id": key, **texts}):
            return None
        index = shaper.label(row, fields["label"])
        if index is None or shaper.is_blank(row, texts):
            return None
        first, *rest = texts.values()
        return ClassificationExample(key, first, rest[0] if rest else None, index)

    def example(self, fields: Sequence[Any]) -> ClassificationExample:
        """From id, texts and label."""
        return ClassificationExample(*fields)

    def encode(
        self,
        examples: Sequence[ClassificationExample],
        tokenizer: Tokenizer,
        max_length: int,
        stride: int,
    ) -> Encoding:
        """`labels` [F]."""
        arrays, cut = encode_pairs(examples, tokenizer, max_length)
        arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
        return Encoding(arrays, cut)

    def record(
        self, example: ClassificationExample, prediction: int, task: Task
    ) -> dict[str, object]:
        """Names of labels."""
        return {"prediction": task.labels[prediction], "gold": task.labels[example.label]}

    @property
    def learning(self) -> Learning:
        """Cross-entropy over the labels."""
        from xlt_core.kinds.classification.learning import ClassificationLearning

        return ClassificationLearning()


CLASSIFICATION: TaskKind = Classification()
