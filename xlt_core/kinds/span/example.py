"""An example of span question answering."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpanExample:
    """A question on a context. `answers` are (text, first character); none if unanswerable."""

    id: str
    context: str
    question: str
    answers: tuple[tuple[str, int], ...]

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.id, self.context, self.question, [list(answer) for answer in self.answers]]
