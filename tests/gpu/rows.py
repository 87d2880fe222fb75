"""What a check finds: rows of one table, as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        check: which check found it.
        what: of what.
        value: the figure, in `unit`.
        limit: what it must not exceed; None where it is only reported.
    """

    check: str
    what: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it keeps its limit; a figure that is not a number keeps none."""
        return self.limit is None or self.value <= self.limit


def as_table(rows: Iterable[Row]) -> str:
    """The rows as aligned text, what does not hold marked."""
    lines = []
    for row in rows:
        limit = "" if row.limit is None else f"at most {row.limit:g}"
        mark = "" if row.holds else "  ← does not hold"
        lines.append(
            f"{row.check:<13}{row.what:<58}{row.value:>14,.6g} {row.unit:<10}{limit}{mark}"
        )
    return "\n".join(lines)


def as_json(machine: dict[str, object], rows: Iterable[Row]) -> str:
    """Machine and rows for programs."""
    found = [{**asdict(row), "holds": row.holds} for row in rows]
    return json.dumps({"machine": machine, "rows": found}, indent=1)
