"""The protocol of a data source. Members: `hub`, `folder`, `lab`; `open_source` picks one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xlt_core.kinds.example import Example
from xlt_core.vocabulary.refs import DataRef, SourceRef


class Source(Protocol):
    """Where examples come from. Splits are `train`, `dev` and `test`, and what a task has beside
    them (`Task.beside`).

    A task without dev has its test split halved by a fixed hash of the parallel row
    (`Task.halve_test`): `dev` is one half, `test` the other, the same rows in every language.
    """

    @property
    def ref(self) -> SourceRef:
        """What opens this very source again, in any process."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of what was read so far, a sentence each."""
        ...

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages with data for `task` and `split`, sorted; empty where there is none."""
        ...

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        """All examples, in source order.

        Raises:
            UserMistake: a missing file, column or label, or an empty split; names path and
                line, and says what form is expected.
        """
        ...

    def refer(self, task: str, language: str, split: str) -> DataRef:
        """The split by content. Raises what `load` raises."""
        ...
