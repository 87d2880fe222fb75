"""Span: a question on a context, answered by a part of it (or by nothing, SQuAD 2.0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.kind import Encoding, Fields, Ints, Layout, TaskKind
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.vocabulary.texts import abbreviated

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task


class SpanKind:
    """The kind. Nothing of a context is cut, but windowed; a question keeps its first 64 tokens."""

    name = "span"
    version = 1
    has_windows = True
    has_choices = False
    has_classes = False
    has_head = True

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> SpanExample | None:
        """Fields: `context`; `question`; `answers`, (text, first character) each.

        Every answer must stand in the context at its offset.
        """
        context, question, answers = fields["context"], fields["question"], fields["answers"]
        answered = {f"answer {n}": text for n, (text, _) in enumerate(answers)}
        texts = {"id": key, "context": context, "question": question, **answered}
        if not shaper.is_sound(row, texts):
            return None
        fault = _fault(shaper, key, context, question, answers)
        if fault is not None:
            shaper.faults.add(row, *fault)
            return None
        return SpanExample(key, context, question, tuple(dict.fromkeys(answers)))

    def example(self, fields: Sequence[Any]) -> SpanExample:
        """From id, id again, context, question and answers."""
        _, key, context, question, answers = fields
        return SpanExample(key, context, question, tuple((text, start) for text, start in answers))

    def encode(
        self, examples: Sequence[SpanExample], tokenizer: Tokenizer, max_length: int, stride: int
    ) -> Encoding:
        """A feature a window; `labels` [F, 2], `offsets` [N, 2], `example_of` [F]."""
        from xlt_core.kinds.span.windows import encode_spans

        return Encoding(*encode_spans(examples, tokenizer, max_length, stride))

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """`start` and `end` [B]: tokens, 0 where this window holds no answer."""
        labels = split.arrays["labels"][rows].astype(np.int64)
        return {"start": labels[:, 0], "end": labels[:, 1]}

    def predictions(self, outputs: Outputs, task: Task) -> list[str | None]:
        """Texts; None where no window of an example holds a single token of its context."""
        from xlt_core.kinds.span.answers import best_spans

        logits, split = outputs.logits, outputs.rows.split
        places = [
            [
                (first, last) if first >= 0 else None
                for first, last in characters(split, row).tolist()
            ]
            for row in range(len(logits))
        ]
        chosen = best_spans(
            [values[:, 0] for values in logits],
            [values[:, 1] for values in logits],
            places,
            split.example_of_feature().tolist(),
            outputs.rows.examples,
            null_allowed=task.unanswerable,
        )
        return [text if score > float("-inf") else None for text, score in chosen]

    def record(self, example: SpanExample, prediction: str | None, task: Task) -> dict[str, object]:
        """Texts, all gold ones."""
        return {"prediction": prediction, "gold": [text for text, _ in example.answers]}

    @property
    def learning(self) -> Learning:
        """Cross-entropy over the tokens for start and end."""
        from xlt_core.kinds.span.learning import SpanLearning

        return SpanLearning()


def characters(split: EncodedSplit, feature: int) -> Ints:
    """First and last-plus-one character in the context of each token [T, 2].

    (-1, -1) for tokens that are not the context's.
    """
    starts = split.arrays["starts"]
    return split.arrays["offsets"][starts[feature] : starts[feature + 1]]


def _fault(
    shaper: Shaper, key: str, context: str, question: str, answers: Sequence[tuple[str, int]]
) -> tuple[str, str] | None:
    """What is wrong with a row, and what to do."""
    if shaper.has(key):
        return f"question id {key!r} occurs twice", "give every question its own"
    for name, text in (("context", context), ("question", question)):
        if not text.strip():
            return _empty(name)
    wrong = next((answer for answer in answers if not _stands(context, *answer)), None)
    if wrong is not None:
        return _misplaced(context, *wrong)
    if any(not text.strip() for text, _ in answers):
        return _empty("answers")
    if not answers and not shaper.task.unanswerable:
        return (
            "the question has no answer",
            f"{shaper.task.name} has none such; questions without an answer are squad2's",
        )
    return None


def _empty(name: str) -> tuple[str, str]:
    return f"{name} is empty", "fill it in, or remove the row"


def _stands(context: str, text: str, start: int) -> bool:
    return start >= 0 and context.startswith(text, start)


def _misplaced(context: str, text: str, start: int) -> tuple[str, str]:
    found = context[max(start, 0) : max(start, 0) + len(text)]
    wanted, there = abbreviated(text), abbreviated(found)
    what = f"the answer {wanted!r} is not at its offset {start}, where {there!r} stands"
    nearest = context.find(text)
    if nearest < 0:
        return what, "answers are verbatim parts of their context; this one does not occur in it"
    return what, f"answer_start counts characters from 0; the text first occurs at {nearest}"


SPAN: TaskKind = SpanKind()
