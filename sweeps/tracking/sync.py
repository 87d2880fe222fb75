"""Building MLflow's picture again from records of the two truths; what is right stays untouched.

`sweeps.report` collects the records of a sweep; live tracking applies the same ones through
`process`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sweeps.tracking.location import EXPERIMENT
from sweeps.tracking.records import RunRecord, parents_first
from sweeps.tracking.writer import Outcome, Writer


@dataclass(frozen=True)
class SyncResult:
    """How many runs were made, changed, right already, and deleted as doubles."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    doubles: int = 0


def sync(records: Iterable[RunRecord], uri: str, experiment: str = EXPERIMENT) -> SyncResult:
    """Apply all records, parents first. Raises what `Writer` raises."""
    writer = Writer(uri, experiment)
    ordered = parents_first(records)
    doubles = sum(writer.doubles(name) for name in sorted({r.sweep for r in ordered} - {""}))
    outcomes = Counter(writer.apply(record) for record in ordered)
    return SyncResult(
        created=outcomes[Outcome.CREATED],
        updated=outcomes[Outcome.UPDATED],
        unchanged=outcomes[Outcome.UNCHANGED],
        doubles=doubles,
    )
