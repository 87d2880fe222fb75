"""An example of tagging."""

from __future__ import annotations

from dataclasses import dataclass

UNSEEN = -1  # the prediction for a word that no model saw


@dataclass(frozen=True)
class TaggingExample:
    """Words of a sentence with a tag each, indices into the task's `labels`."""

    id: str
    words: tuple[str, ...]
    tags: tuple[int, ...]

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [list(self.words), list(self.tags)]
