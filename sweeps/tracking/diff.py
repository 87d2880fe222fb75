"""What a record would change in a run that is already there. Pure; `writer` carries it out.

Records may come twice, late, or out of order. The rule that makes the end result the same: work
that said how it ended (FINISHED, FAILED) is changed only by work that ended no earlier. KILLED was
said on behalf of a silent process, so whoever speaks again is believed. A sweep that was extended
asks for more than it did (`ASKED_TAG`), and so do its trials: what is said of them then is believed
over all that was said before, and never the other way round. What somebody else said of
the end, by hand in the UI, counts for nothing. A record made of what holds now (`xlt sync`) is
believed whatever the run says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sweeps.tracking.records import DataInput, MetricPoint, RunRecord, Status

RECORD_TAG = "xlt.record"  # the digest of the last record applied in full
ENDED_TAG = "xlt.ended"  # the end that a record said, in milliseconds
ASKED_TAG = "xlt.asked"  # how many scores the sweep asked for when this was said; it only grows
PARENT_TAG = "xlt.parent"
NESTING_TAG = "mlflow.parentRunId"
NAME_TAG = "mlflow.runName"
NOTE_TAG, OURS = "mlflow.note.content", "**Question.**"  # what people wrote there themselves stays
SWEEP_ID_TAG = "xlt.sweep_id"  # whose the run is, where sweeps share a name


@dataclass
class Known:
    """A run as the tracking database has it."""

    run_id: str
    status: Status = Status.RUNNING
    ended: int | None = None  # milliseconds
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)  # the latest value of each
    started: int = 0  # milliseconds

    @property
    def said_end(self) -> bool:
        """Whether a record said that it ended, and when: not somebody by hand."""
        return self.status.ended and self.tags.get(ENDED_TAG) == str(self.ended)


@dataclass(frozen=True)
class RunChange:
    """What is to be written. `reopen` turns a run that ended back to RUNNING.

    `overtakes` names the metrics whose latest value in the run is another than the record's.
    """

    params: Mapping[str, str]
    tags: Mapping[str, str]
    forget: tuple[str, ...]
    metrics: tuple[MetricPoint, ...]
    artifacts: Mapping[str, str]
    inputs: tuple[DataInput, ...]
    views: Mapping[str, str]
    end: tuple[Status, int] | None
    reopen: bool
    overtakes: tuple[str, ...] = ()


def difference(
    known: Known,
    record: RunRecord,
    parent_run: str | None,
    said: frozenset[MetricPoint] = frozenset(),
    is_truth: bool = False,
) -> RunChange | None:
    """What `record` adds to `known`, or None: nothing, or it is out of date.

    Args:
        parent_run: run id of the parent, where it is known.
        said: points known to be in the run already.
        is_truth: whether the record is what holds now, whatever the run says, not one of a
            queue that may be late.
    """
    tags = _where_it_hangs(known, record, all_tags(record, parent_run))
    others = _otherwise(known, record.metrics)
    is_late = not is_truth and is_stale(known, record)
    if is_late or (not others and _is_applied(known, record, tags)):
        return None
    if not known.tags.get(NOTE_TAG, OURS).startswith(OURS):
        tags.pop(NOTE_TAG, None)
    params, moved = _split_params(known.params, record.params)
    wanted = {**tags, **moved}
    ended = milliseconds(record.ended) if record.ended is not None else None
    return RunChange(
        params=params,
        tags={k: v for k, v in wanted.items() if known.tags.get(k) != v or k == RECORD_TAG},
        forget=tuple(
            k for k in known.tags if k.startswith("xlt.") and k not in wanted and k != SWEEP_ID_TAG
        ),
        metrics=tuple(m for m in record.metrics if m not in said or m.key in others),
        artifacts=record.artifacts,
        inputs=record.inputs,
        views=record.views,
        end=None if ended is None else (record.status, ended),
        reopen=record.status is Status.RUNNING and known.status is not Status.RUNNING,
        overtakes=others,
    )


def _where_it_hangs(known: Known, record: RunRecord, tags: dict[str, str]) -> dict[str, str]:
    """The tags, with a stage left under the trial that its own sweep has put it under.

    Another sweep that uses it knows its sweep alone.
    """
    under = known.tags.get(PARENT_TAG, "")
    if record.level != "stage" or not under.startswith(f"{record.parent}/"):
        return tags
    kept = {key: known.tags[key] for key in (PARENT_TAG, NESTING_TAG) if key in known.tags}
    return {k: v for k, v in tags.items() if k != NESTING_TAG} | kept


def status_of(word: str) -> Status:
    """A run's status; one of MLflow's that no record of ours says counts as running."""
    return Status(word) if word in Status.__members__ else Status.RUNNING


def is_stale(known: Known, record: RunRecord) -> bool:
    """Whether the run knows better than the record."""
    asked, before = (int(tags.get(ASKED_TAG, 0)) for tags in (record.tags, known.tags))
    if asked != before:
        return asked < before
    if not known.said_end:
        return False
    if record.ended is None:
        return known.status is not Status.KILLED
    if known.status is Status.KILLED and record.status is not Status.KILLED:
        return False
    if record.status is Status.KILLED and known.status is not Status.KILLED:
        return True
    return known.ended is not None and milliseconds(record.ended) < known.ended


def all_tags(record: RunRecord, parent_run: str | None) -> dict[str, str]:
    """The record's tags and those a run is found and nested by."""
    tags = {**record.tags, **found_by(record), NAME_TAG: record.name, RECORD_TAG: record.digest}
    if record.ended is not None:
        tags[ENDED_TAG] = str(milliseconds(record.ended))
    if record.parent is not None:
        tags[PARENT_TAG] = record.parent
    if parent_run is not None:
        tags[NESTING_TAG] = parent_run
    return tags


def found_by(record: RunRecord) -> dict[str, str]:
    """The tags a run is found by."""
    tags = {"xlt.level": record.level, f"xlt.{record.level}": record.tag_value}
    if record.sweep_id:
        tags = {SWEEP_ID_TAG: record.sweep_id, **tags}
    return {"xlt.sweep": record.sweep, **tags} if record.sweep else tags


def latest(metrics: Iterable[MetricPoint]) -> dict[str, MetricPoint]:
    """The point of each metric that MLflow takes for its latest, by step, time and value."""
    found: dict[str, MetricPoint] = {}
    for point in metrics:
        other = found.setdefault(point.key, point)
        if other is not point and _rank(point) > _rank(other):
            found[point.key] = point
    return found


def _rank(point: MetricPoint) -> tuple[int, int, float]:
    return point.step, milliseconds(point.at), point.value


def _otherwise(known: Known, metrics: Iterable[MetricPoint]) -> tuple[str, ...]:
    """Metrics whose latest value in the run is another than the record's."""
    return tuple(
        key
        for key, point in latest(metrics).items()
        if math.isfinite(point.value) and known.metrics.get(key, point.value) != point.value
    )


def milliseconds(at: float) -> int:
    """Seconds as whole milliseconds, at least one: MLflow takes zero for now."""
    return max(1, round(at * 1000))


def _is_applied(known: Known, record: RunRecord, tags: Mapping[str, str]) -> bool:
    ended = milliseconds(record.ended) if record.ended is not None else None
    return (
        (known.tags.get(RECORD_TAG) == record.digest or _says_as_much(known, record, tags))
        and known.tags.get(NESTING_TAG) == tags.get(NESTING_TAG, known.tags.get(NESTING_TAG))
        and known.status is record.status
        and (ended is None or known.ended == ended)
    )


def _says_as_much(known: Known, record: RunRecord, tags: Mapping[str, str]) -> bool:
    """Whether a shared stage's run holds this already, with what another sweep's record added.

    Each sweep speaks of its own evaluations; the stage's curve is in whichever record was first.
    """
    told = {key: value for key, value in tags.items() if key not in (RECORD_TAG, NESTING_TAG)}
    return (
        record.level == "stage"
        and RECORD_TAG in known.tags
        and told.items() <= known.tags.items()
        and record.params.items() <= known.params.items()
        and {point.key for point in record.metrics} <= known.metrics.keys()
    )


def _split_params(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """New params, and as tags those whose value MLflow would refuse to change."""
    fresh = {key: value for key, value in new.items() if key not in old}
    moved = {f"xlt.now.{key}": value for key, value in new.items() if old.get(key, value) != value}
    return fresh, moved
