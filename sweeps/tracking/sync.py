"""Building MLflow's picture again from records of the two truths; what is right stays untouched.

`sweeps.report` collects the records of a sweep; live tracking applies the same ones through
`process`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlflow.exceptions import MlflowException

from sweeps.tracking.location import EXPERIMENT
from sweeps.tracking.records import RunRecord, parents_first
from sweeps.tracking.writer import Outcome, Writer
from xlt_core.vocabulary.errors import XltError


class TrackingRefused(XltError):
    """The tracking server is away, or does not take the records; nothing is lost."""


@dataclass(frozen=True)
class SyncResult:
    """How many runs were made, changed, right already, and deleted as doubles."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    doubles: int = 0


def sync(records: Iterable[RunRecord], uri: str, experiment: str = EXPERIMENT) -> SyncResult:
    """Apply all records, parents first.

    Raises:
        UserMistake: an address or a database that MLflow cannot use.
        TrackingRefused: the server is away or does not take the records.
    """
    try:
        return _send(parents_first(records), Writer(uri, experiment))
    except (MlflowException, OSError) as error:
        raise TrackingRefused(str(error).strip().splitlines()[0]) from error


def _send(ordered: Sequence[RunRecord], writer: Writer) -> SyncResult:
    doubles = sum(writer.doubles(name) for name in sorted({r.sweep for r in ordered} - {""}))
    outcomes = Counter(writer.apply(record) for record in ordered)
    return SyncResult(
        created=outcomes[Outcome.CREATED],
        updated=outcomes[Outcome.UPDATED],
        unchanged=outcomes[Outcome.UNCHANGED],
        doubles=doubles,
    )
