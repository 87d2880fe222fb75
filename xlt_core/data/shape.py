"""Raw fields → examples, checked once. Whatever the source, every row passes through here.

A row that cannot be shaped is reported to `Faults` and skipped. Neighbours: `readers` (files) and
`hub_rows` (hub columns) hand the fields in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlt_core.data.examples import (
    ChoiceExample,
    ClassificationExample,
    Example,
    SpanExample,
    TaggingExample,
)
from xlt_core.data.faults import Faults
from xlt_core.data.labels import Labels
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.texts import problem_of

WITHHELD = "_"  # what treebanks write for a word that their licence does not let them carry
_NO_TEXT = (
    "the words of the sentence are all '_': its text is withheld by licence",
    "put the words in (treebanks come with a script for it), or remove the sentence",
)


class Shaper:
    """Shapes the rows of one file or hub split.

    Attributes:
        blank: whether a text may be blank. Files may not; some hub data sets have such rows.
        examples: what was shaped, in order.
    """

    def __init__(self, task: Task, faults: Faults, *, blank: bool = False) -> None:
        self.task = task
        self.faults = faults
        self.blank = blank
        self.examples: list[Example] = []
        self._labels = Labels(task)
        self._ids: set[str] = set()

    def classification(self, row: str, key: str, texts: dict[str, str], label: str) -> None:
        """Add a text or a pair. `texts` is column → text, in order."""
        if not self._sound(row, {"id": key, **texts}):
            return
        values = tuple(texts.values())
        index = self._labels.index(label)
        if index is None:
            remedy = self._labels.remedy(label)
            self.faults.add(row, f"label {label!r} is not one of the task's", remedy)
        elif not self.blank and not all(map(str.strip, values)):
            self._blank(row, next(name for name, text in texts.items() if not text.strip()))
        else:
            second = values[1] if len(values) > 1 else None
            self.examples.append(ClassificationExample(key, values[0], second, index))

    def choice(
        self, row: str, key: str, context: str, question: str, choices: Sequence[str], label: int
    ) -> None:
        """Add a multiple-choice row; context or question may be blank, but not both."""
        texts = {"id": key, "context": context, "question": question}
        if not self._sound(row, texts | {f"choice {n}": text for n, text in enumerate(choices)}):
            return
        if self.task.questions:  # the encoder puts these very words into a sentence
            question = question.strip().casefold()
        fault = self._choice_fault(question, choices, label)
        if fault is not None:
            self.faults.add(row, *fault)
        elif not self.blank and not (context + question).strip():
            self._blank(row, "context")
        elif not self.blank and not all(map(str.strip, choices)):
            self._blank(row, "choices")
        else:
            self.examples.append(ChoiceExample(key, context, question, tuple(choices), label))

    def _choice_fault(
        self, question: str, choices: Sequence[str], label: int
    ) -> tuple[str, str] | None:
        asked = self.task.questions
        if asked and question not in asked:
            return f"question is {question!r}", f"write {' or '.join(asked)}"
        if not 0 <= label < len(choices):
            return (
                f"label {label} is not the index of one of the {len(choices)} choices",
                f"write 0 to {len(choices) - 1}; a split whose labels are hidden cannot be used",
            )
        first = self.examples[0] if self.examples else None
        if isinstance(first, ChoiceExample) and len(first.choices) != len(choices):
            return (
                f"has {len(choices)} choices, and rows before it have {len(first.choices)}",
                "all rows of a task have as many choices",
            )
        return None

    def tags(self, row: str, key: str, words: Sequence[str], tags: Sequence[str]) -> None:
        """Add a sentence. A word may be invisible (a zero-width space), not an empty text.

        A sentence whose words are all `_` is left out where texts may be blank: treebanks write it
        so where their licence withholds the text.
        """
        if not words:
            if not self.blank:
                self._blank(row, "words")
            return
        if not self._sound(row, {f"word {n}": word for n, word in enumerate(words, 1)}):
            return
        numbers = self._labels.indices(tags)
        if numbers is None:
            tag = tags[self.first_unknown(tags)]
            self.faults.add(row, f"tag {tag!r} is not one of the task's", self._labels.remedy(tag))
        elif any(word != WITHHELD for word in words):
            self.examples.append(TaggingExample(key, tuple(words), numbers))
        elif not self.blank:
            self.faults.add(row, *_NO_TEXT)

    def first_unknown(self, tags: Sequence[str]) -> int:
        """The index of the first tag that is not one of the task's, 0 where all are."""
        return next((n for n, tag in enumerate(tags) if self._labels.index(tag) is None), 0)

    def span(
        self,
        row: str,
        key: str,
        context: str,
        question: str,
        answers: Sequence[tuple[str, int]],
    ) -> None:
        """Add a question. Every answer must stand in the context at its offset."""
        answered = {f"answer {n}": text for n, (text, _) in enumerate(answers)}
        if not self._sound(row, {"id": key, "context": context, "question": question, **answered}):
            return
        wrong = next((answer for answer in answers if not _stands(context, *answer)), None)
        if key in self._ids:
            self.faults.add(row, f"question id {key!r} occurs twice", "give every question its own")
        elif not context.strip():
            self._blank(row, "context")
        elif not question.strip():
            self._blank(row, "question")
        elif wrong is not None:
            self.faults.add(row, *_misplaced(context, *wrong))
        elif any(not text.strip() for text, _ in answers):
            self._blank(row, "answers")
        elif not answers and not self.task.unanswerable:
            self.faults.add(
                row,
                "the question has no answer",
                f"{self.task.name} has none such; questions without an answer are squad2's",
            )
        else:
            unique = tuple(dict.fromkeys(answers))
            self._ids.add(key)
            self.examples.append(SpanExample(key, context, question, unique))

    def finish(self) -> list[Example]:
        """Return the examples. Raises UserMistake where faults were found or nothing was."""
        if not self.faults.found and not self.examples:
            self.faults.add("", "holds no rows", "a split needs at least one; is the file cut off?")
        self.faults.raise_found()
        return self.examples

    def _blank(self, row: str, name: str) -> None:
        self.faults.add(row, f"{name} is empty", "fill it in, or remove the row")

    def _sound(self, row: str, texts: Mapping[str, object]) -> bool:
        """Whether all texts are ones; the first that is not is a fault."""
        for name, text in texts.items():
            problem = problem_of(text)
            if problem is not None:
                self.faults.add(row, f"{name} {problem[0]}", problem[1])
                return False
        return True


def _stands(context: str, text: str, start: int) -> bool:
    return start >= 0 and context.startswith(text, start)


def _misplaced(context: str, text: str, start: int) -> tuple[str, str]:
    found = context[max(start, 0) : max(start, 0) + len(text)]
    what = f"the answer {_short(text)} is not at its offset {start}, where {_short(found)} stands"
    nearest = context.find(text)
    if nearest < 0:
        return what, "answers are verbatim parts of their context; this one does not occur in it"
    return what, f"answer_start counts characters from 0; the text first occurs at {nearest}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")
