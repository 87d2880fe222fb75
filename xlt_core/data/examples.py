"""Examples: one row of a data set, one form for each kind of task.

Whatever the source (hub, folder, lab), rows are shaped into these once and never checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClassificationExample:
    """One text or a pair of texts with a label, an index into the task's `labels`."""

    id: str
    first: str
    second: str | None
    label: int

    def content(self) -> list[Any]:
        """What a fingerprint covers."""
        return [self.first, self.second, self.label]


@dataclass(frozen=True)
class ChoiceExample:
    """A context and question with several choices; `label` is the right one's index.

    For COPA and XCOPA `question` holds `cause` or `effect`, put into words when encoded.
    """

    id: str
    context: str
    question: str
    choices: tuple[str, ...]
    label: int

    def content(self) -> list[Any]:
        """What a fingerprint covers."""
        return [self.context, self.question, list(self.choices), self.label]


@dataclass(frozen=True)
class TaggingExample:
    """Words of a sentence with a tag each, indices into the task's `labels`."""

    id: str
    words: tuple[str, ...]
    tags: tuple[int, ...]

    def content(self) -> list[Any]:
        """What a fingerprint covers."""
        return [list(self.words), list(self.tags)]


@dataclass(frozen=True)
class SpanExample:
    """A question on a context. `answers` are (text, first character); none if unanswerable."""

    id: str
    context: str
    question: str
    answers: tuple[tuple[str, int], ...]

    def content(self) -> list[Any]:
        """What a fingerprint covers."""
        return [self.id, self.context, self.question, [list(answer) for answer in self.answers]]


Example = ClassificationExample | ChoiceExample | TaggingExample | SpanExample
