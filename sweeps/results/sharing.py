"""What plans share: stages that would be computed again for each, and the time that saves. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sweeps.results.stages import StageRow
from sweeps.results.states import StageStanding


@dataclass(frozen=True)
class Sharing:
    """The stages of one kind.

    Attributes:
        requested: by trials, targets and seeds, shared or not; `distinct`, each once.
        executed, reused, open: what became of the distinct ones.
        seconds: computing time of all that is there, whoever computed it.
        saved: seconds that it would take more, were nothing shared, and what was reused computed.
    """

    kind: str
    requested: int
    distinct: int
    executed: int
    reused: int
    open: int
    seconds: float
    saved: float


def sharing(rows: Iterable[StageRow]) -> tuple[Sharing, ...]:
    """By kind, in the order that they come."""
    kinds: dict[str, list[StageRow]] = defaultdict(list)
    for row in rows:
        kinds[row.kind].append(row)
    return tuple(_of_kind(kind, own) for kind, own in kinds.items())


def _of_kind(kind: str, rows: list[StageRow]) -> Sharing:
    def number(standing: StageStanding) -> int:
        return sum(row.standing == standing for row in rows)

    return Sharing(
        kind,
        sum(row.requested for row in rows),
        len(rows),
        number(StageStanding.EXECUTED),
        number(StageStanding.REUSED),
        number(StageStanding.OPEN),
        sum(row.seconds or 0.0 for row in rows),
        sum(_saved(row) for row in rows),
    )


def _saved(row: StageRow) -> float:
    computed = 1 if row.standing == StageStanding.EXECUTED else 0
    return (row.seconds or 0.0) * (row.requested - computed)
