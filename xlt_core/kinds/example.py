"""An example: one row of a data set. Each kind of task has a form of its own beside its name.

Whatever the source (hub, folder, lab), rows are shaped into these once and never checked again.
"""

from __future__ import annotations

from typing import Protocol


class Example(Protocol):
    """What every form has in common. Forms are frozen dataclasses of plain values."""

    @property
    def id(self) -> str:
        """The row's name in its split."""
        ...

    def content(self) -> list[object]:
        """What a fingerprint covers, as plain JSON values."""
        ...
