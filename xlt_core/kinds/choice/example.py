"""An example of multiple choice."""

from __future__ import annotations

from dataclasses import dataclass


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

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.context, self.question, list(self.choices), self.label]
