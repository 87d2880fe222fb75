"""Building MLflow's picture again from records of the two truths; what is right stays untouched.

`sweeps.report` collects the records of a sweep; live tracking applies the same ones through
`process`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sweeps.tracking.database import is_away
from sweeps.tracking.location import EXPERIMENT, impatient, signed_in
from sweeps.tracking.records import RunRecord, parents_first
from sweeps.tracking.writer import Applied, Writer
from xlt_core.vocabulary.address import starred
from xlt_core.vocabulary.errors import UserMistake, XltError


class TrackingRefused(XltError):
    """The tracking server is away, or does not take the records; nothing is lost."""


@dataclass(frozen=True)
class SyncResult:
    """How many runs were made, changed, right already, and deleted as doubles.

    `refused`: the records that MLflow does not take, by name, each with what it said.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    doubles: int = 0
    refused: tuple[tuple[str, str], ...] = ()


def sync(records: Iterable[RunRecord], uri: str, experiment: str = EXPERIMENT) -> SyncResult:
    """Apply all records, parents first; one that is refused does not hold up the others.

    Raises:
        UserMistake: an address or a database that MLflow cannot use.
        TrackingRefused: the server is away, or what answers is none.
    """
    try:
        with signed_in(uri), impatient():
            return _send(parents_first(records), Writer(uri, experiment))
    except UserMistake:
        raise
    except Exception as error:  # MLflow's own, the network's, or those of a page that is no JSON
        raise TrackingRefused(_line(error)) from error


def _send(ordered: Sequence[RunRecord], writer: Writer) -> SyncResult:
    doubles = sum(writer.doubles(name) for name in sorted({r.sweep for r in ordered} - {""}))
    outcomes: Counter[Applied] = Counter()
    refused = []
    sweeps = [record for record in ordered if record.level == "sweep"]
    below = ordered[len(sweeps) :]
    for record in itertools.chain(sweeps, _made(below, writer, outcomes)):
        try:
            outcomes[writer.apply(record, is_truth=True)] += 1
        except Exception as error:
            if is_away(error) or not writer.answers():
                raise
            refused.append((f"{record.level} {record.tag_value}", _line(error)))
    return SyncResult(
        created=outcomes[Applied.CREATED],
        updated=outcomes[Applied.UPDATED],
        unchanged=outcomes[Applied.UNCHANGED],
        doubles=doubles,
        refused=tuple(refused),
    )


def _made(
    records: Sequence[RunRecord], writer: Writer, outcomes: Counter[Applied]
) -> Iterator[RunRecord]:
    """Make what can be made together, once the sweeps are there; give back what is left."""
    made = writer.make(records)
    outcomes[Applied.CREATED] += len(made)
    yield from (record for place, record in enumerate(records) if place not in made)


def _line(error: Exception) -> str:
    lines = starred(str(error)).strip().split("\n")
    return lines[0] or type(error).__name__
