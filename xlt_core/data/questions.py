"""XCOPA's `question`, cause or effect: upstream, some languages say `effect` where it is `cause`.

A row's question is taken from the row of the same id in a language where all are right. Where there
is none, `effect` in one of the wrong languages is refused: nobody could tell whether it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Questions:
    """Questions by row id.

    Attributes:
        found: from a language where they are right.
        doubted: what a row that is not among them may not say of itself; empty for none.
    """

    found: Mapping[str, str] = field(default_factory=dict)
    doubted: str = ""

    def of(self, key: str, own: str) -> str | None:
        """The question of the row called `key`; None where nobody knows it."""
        if key in self.found:
            return self.found[key]
        return None if own.strip().casefold() == self.doubted else own


def unknown_question(key: str, trusted: tuple[str, ...]) -> tuple[str, str]:
    """What to say of a row whose question nobody knows."""
    return (
        "question is in doubt: in this language some rows say 'effect' upstream where 'cause' is "
        f"right, and there is no row {key} of a language where all are right",
        f"put the file of one of {' '.join(trusted)} beside: its idx and question are read",
    )
