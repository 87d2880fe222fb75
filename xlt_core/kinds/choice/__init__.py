"""Multiple choice: a context and a question with several answers, one of which is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.arrays import chunks, sequence_arrays
from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.kind import Encoding, Fields, TaskKind
from xlt_core.kinds.one_of_several import OneOfSeveral
from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task


class Choice(OneOfSeveral):
    """The kind. What is too long loses the end of its context (`sequences`)."""

    name = "multiple_choice"
    version = 1
    has_windows = False
    has_choices = True
    has_classes = False
    has_head = True

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> ChoiceExample | None:
        """Fields: `context` and `question`, one perhaps blank; `choices`; `label`, an index."""
        context, question = fields["context"], fields["question"]
        choices, label = fields["choices"], fields["label"]
        texts = {"id": key, "context": context, "question": question}
        if not shaper.is_sound(row, texts | {f"choice {n}": c for n, c in enumerate(choices)}):
            return None
        if shaper.task.questions:  # the encoder puts these very words into a sentence
            question = question.strip().casefold()
        fault = _fault(shaper, question, choices, label)
        if fault is not None:
            shaper.faults.add(row, *fault)
            return None
        asked = {"context": context + question}
        if shaper.is_blank(row, asked | {"choices": min(map(str.strip, choices), key=len)}):
            return None
        return ChoiceExample(key, context, question, tuple(choices), label)

    def example(self, fields: Sequence[Any]) -> ChoiceExample:
        """From id, context, question, choices and label."""
        key, context, question, choices, label = fields
        return ChoiceExample(key, context, question, tuple(choices), label)

    def encode(
        self, examples: Sequence[ChoiceExample], tokenizer: Tokenizer, max_length: int, stride: int
    ) -> Encoding:
        """A sequence a choice; `labels` [F]."""
        from xlt_core.kinds.choice.sequences import encode_choices

        widths = {len(example.choices) for example in examples}
        if len(widths) > 1:
            raise ValueError(f"examples with different numbers of choices: {sorted(widths)}")
        ids: list[list[int]] = []
        types: list[list[int]] = []
        cut: list[bool] = []
        for part in chunks(examples):
            for own_ids, own_types, own_cut in encode_choices(part, tokenizer, max_length):
                ids.append(own_ids)
                cut.append(own_cut)
                if own_types is not None:
                    types.append(own_types)
        arrays = sequence_arrays(ids, types)
        arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
        rows_cut = int(np.reshape(cut, (len(examples), -1)).any(axis=1).sum())
        return Encoding(arrays, rows_cut, width=widths.pop())

    def record(self, example: ChoiceExample, prediction: int, task: Task) -> dict[str, object]:
        """Indices of choices."""
        return {"prediction": prediction, "gold": example.label}

    @property
    def learning(self) -> Learning:
        """Cross-entropy over the choices."""
        from xlt_core.kinds.choice.learning import ChoiceLearning

        return ChoiceLearning()


def _fault(
    shaper: Shaper, question: str, choices: Sequence[str], label: int
) -> tuple[str, str] | None:
    asked = shaper.task.questions
    if asked and question not in asked:
        return f"question is {question!r}", f"write {' or '.join(asked)}"
    if not 0 <= label < len(choices):
        return (
            f"label {label} is not the index of one of the {len(choices)} choices",
            f"write 0 to {len(choices) - 1}; a split whose labels are hidden cannot be used",
        )
    first = shaper.examples[0] if shaper.examples else None
    if isinstance(first, ChoiceExample) and len(first.choices) != len(choices):
        return (
            f"has {len(choices)} choices, and rows before it have {len(first.choices)}",
            "all rows of a task have as many choices",
        )
    return None


CHOICE: TaskKind = Choice()
