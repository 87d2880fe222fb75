"""Run records: what one MLflow run should say, as plain values that JSON carries without loss.

A record may come often, each time knowing more; `diff` decides what is new in it. No MLflow
here. Records are made by `project`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from xlt_core.vocabulary.fingerprint import fingerprint

LEVELS = ("sweep", "trial", "stage")


class Status(StrEnum):
    """MLflow's words. KILLED: its process is gone and said nothing."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected of the run by itself."""
        return self is not Status.RUNNING


@dataclass(frozen=True)
class MetricPoint:
    """One point. `at` is the event's own time, seconds since the epoch."""

    key: str
    value: float
    at: float
    step: int = 0


@dataclass(frozen=True)
class DataInput:
    """A data set that a sweep reads, by content.

    Attributes:
        name: the task.
        digest: over the fingerprints of its languages.
        context: the split.
        source: where it comes from, in words.
        profile: rows and fingerprint by language, as JSON.
    """

    name: str
    digest: str
    context: str
    source: str
    profile: str


@dataclass(frozen=True)
class RunRecord:
    """What one run should say.

    Attributes:
        level: `sweep`, `trial` or `stage`.
        tag_value: what the run is found by under the tag `xlt.<level>`: the sweep's name,
            `<sweep>/<number>`, or the stage's key.
        parent: the tag_value of the sweep or trial it hangs under, or None.
        started, ended: the event's own times, seconds since the epoch.
        params: what never changes for this run.
        tags: what may be said anew; the last record's stand.
        artifacts: small texts by file name.
        inputs: the data sets it reads.
        views: ready-made tables of the UI, by the experiment's tag they are kept under.
        sweep_id: the folder's id of the sweep it belongs to, for there may be several of one
            name; empty where it is not known (a stage that an earlier version computed).
    """

    level: str
    tag_value: str
    parent: str | None
    name: str
    status: Status
    started: float
    ended: float | None = None
    params: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    metrics: tuple[MetricPoint, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict, hash=False)
    sweep_id: str = ""
    inputs: tuple[DataInput, ...] = ()
    views: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))
        if self.level not in LEVELS:
            raise ValueError(f"level is one of {', '.join(LEVELS)}, not {self.level!r}")
        if self.status.ended != (self.ended is not None):
            raise ValueError(
                f"a {self.status} record has {'an' if self.status.ended else 'no'} end"
            )

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two records of one sweep speak of the same run."""
        return self.level, self.tag_value

    @property
    def owner(self) -> str:
        """The id of the one sweep the run is of; a stage's is that of whoever computed it, so that
        it has one run, whoever asks for it, and in another store, computed again, another."""
        return self.sweep_id

    @property
    def parent_identity(self) -> tuple[str, str] | None:
        """The parent's identity: a sweep's name has no slash, a trial's tag has one."""
        if self.parent is None:
            return None
        return ("trial" if "/" in self.parent else "sweep", self.parent)

    @property
    def sweep(self) -> str:
        """The sweep it belongs to; empty for a stage without a parent."""
        owner = self.tag_value if self.level != "stage" else self.parent or ""
        return owner.split("/", 1)[0]

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits over everything the record says."""
        return fingerprint(self.to_json())[:16]

    def to_json(self) -> dict[str, object]:
        """Plain JSON values; floats that are not finite become their names."""
        data: dict[str, object] = {each.name: getattr(self, each.name) for each in fields(self)}
        data["status"] = str(self.status)
        for texts in ("params", "tags", "artifacts", "views"):
            data[texts] = dict(getattr(self, texts))
        data["metrics"] = [[m.key, _number(m.value), m.at, m.step] for m in self.metrics]
        data["inputs"] = [asdict(each) for each in self.inputs]
        for later in ("inputs", "views"):  # a record without them reads as it always did
            if not data[later]:
                del data[later]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRecord:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is not that.
        """
        points = tuple(
            MetricPoint(k, float(v), float(at), int(step)) for k, v, at, step in data["metrics"]
        )
        inputs = tuple(DataInput(**each) for each in data.get("inputs", ()))
        status = Status(data["status"])
        return cls(**{**data, "status": status, "metrics": points, "inputs": inputs})


def said_again(records: Sequence[RunRecord]) -> set[int]:
    """Places of those records of which a later one says everything, so that they need no saying."""
    last: dict[tuple[str, str], RunRecord] = {}
    found = set()
    for place, record in reversed(list(enumerate(records))):
        later = last.setdefault(record.identity, record)
        if later is not record and _says_all_of(later, record):
            found.add(place)
    return found


def _says_all_of(later: RunRecord, earlier: RunRecord) -> bool:
    """KILLED says less: it is said on behalf of a silent process, by what little is known."""
    return (
        later.status is not Status.KILLED
        and (earlier.ended is None or (later.ended or 0.0) >= earlier.ended)
        and earlier.params.items() <= later.params.items()
        and earlier.artifacts.keys() <= later.artifacts.keys()
        and set(earlier.metrics) <= set(later.metrics)
    )


def parents_first(records: Iterable[RunRecord]) -> list[RunRecord]:
    """Sweeps, then trials, then stages; otherwise in the order given."""
    return sorted(records, key=lambda record: LEVELS.index(record.level))


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
