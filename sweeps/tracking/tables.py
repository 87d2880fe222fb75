"""MLflow's tables in a SQLite file, where thousands of new runs are written at a time.

Its client takes four requests and tens of milliseconds a run, minutes for a sweep of a thousand
trials. What is written here is what the client would have written, row for row (a test holds both
against each other); where the tables are others than those known here, or no file, there is no
`RunTables`, and the client does it.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sweeps.spec.database import sqlite_path
from sweeps.tracking.diff import Known, latest, milliseconds, status_of
from sweeps.tracking.records import MetricPoint, Status

_COLUMNS = {
    "runs": {
        *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id"),
        *("status", "start_time", "end_time", "source_version", "lifecycle_stage"),
        *("artifact_uri", "experiment_id", "deleted_time"),
    },
    "tags": {"key", "value", "run_uuid"},
    "params": {"key", "value", "run_uuid"},
    "metrics": {"key", "value", "timestamp", "run_uuid", "step", "is_nan"},
    "latest_metrics": {"key", "value", "timestamp", "run_uuid", "step", "is_nan"},
}
_RUN = """
insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
  start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
values (?, ?, 'UNKNOWN', '', '', 'unknown', ?, ?, ?, '', 'active', ?, ?)
"""
_TEXT = "insert into {} (run_uuid, key, value) values (?, ?, ?)"
_POINT = "insert into {} (run_uuid, key, value, timestamp, step, is_nan) values (?, ?, ?, ?, ?, ?)"
_FOUND = """
select level.value, own.value, coalesce(id.value, '')
from runs join tags level on level.run_uuid = runs.run_uuid and level.key = 'xlt.level'
join tags own on own.run_uuid = runs.run_uuid and own.key = 'xlt.' || level.value
left join tags id on id.run_uuid = runs.run_uuid and id.key = 'xlt.sweep_id'
where runs.experiment_id = ? and runs.lifecycle_stage = 'active'
"""
_RUNS_OF = """
select runs.run_uuid, runs.status, runs.start_time, runs.end_time from runs
join tags on tags.run_uuid = runs.run_uuid and tags.key = 'xlt.sweep' and tags.value = ?
where runs.experiment_id = ? and runs.lifecycle_stage = 'active'
order by runs.start_time desc, runs.run_uuid
"""
_OF_RUNS = """
select own.run_uuid, own.key, {} from {} own
join tags on tags.run_uuid = own.run_uuid and tags.key = 'xlt.sweep' and tags.value = ?
"""
_VALUE = "case when own.is_nan then null else own.value end"  # a nan is read as null
_WAIT = 60.0  # seconds for another writer's transaction


def new_id() -> str:
    """A run's id, as MLflow's 32 hexadecimal digits: the time, and 64 bits of chance.

    Ids that follow on each other keep the rows of one transaction together in the tables' indexes.
    """
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


@dataclass(frozen=True)
class NewRun:
    """A run to be written whole."""

    name: str
    status: Status
    started: int
    ended: int | None
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Sequence[MetricPoint] = ()
    run_id: str = field(default_factory=new_id)

    @property
    def known(self) -> Known:
        """As it is found again."""
        values = {key: point.value for key, point in latest(self.metrics).items()}
        return Known(
            self.run_id,
            self.status,
            self.ended,
            dict(self.tags),
            dict(self.params),
            values,
            self.started,
        )


class RunTables:
    """The runs of one experiment in a file; made by `of`."""

    def __init__(self, path: Path, experiment: str, artifacts: str) -> None:
        self._path, self._experiment, self._artifacts = path, int(experiment), artifacts

    @classmethod
    def of(cls, uri: str, experiment: str, artifacts: str) -> RunTables | None:
        """The tables at a tracking address; None where only MLflow knows them.

        Args:
            experiment: its id.
            artifacts: where it keeps artifacts.
        """
        path = sqlite_path(uri)
        if path is None or not experiment.isdecimal() or "?" in artifacts:
            return None
        found = cls(path, experiment, artifacts)
        return found if found._are_known() else None

    def found(self) -> dict[tuple[str, str], set[str]]:
        """Sweep ids by level and tag value, of every run of ours."""
        owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        with self._open() as connection:
            for level, value, owner in connection.execute(_FOUND, (self._experiment,)):
                owners[level, value].add(owner)
        return owners

    def runs_of(self, sweep: str) -> list[Known]:
        """Every run with the sweep's tag, as MLflow's client would find it."""
        with self._open() as connection:
            found = {
                run_id: Known(run_id, status_of(status), ended, started=started or 0)
                for run_id, status, started, ended in connection.execute(
                    _RUNS_OF, (sweep, self._experiment)
                )
            }
            for table, column in (("tags", "tags"), ("params", "params")):
                for run_id, key, value in connection.execute(
                    _OF_RUNS.format("own.value", table), (sweep,)
                ):
                    if run_id in found:
                        getattr(found[run_id], column)[key] = value
            for run_id, key, value in connection.execute(
                _OF_RUNS.format(_VALUE, "latest_metrics"), (sweep,)
            ):
                if run_id in found:
                    found[run_id].metrics[key] = math.nan if value is None else value
        return list(found.values())

    def insert(self, runs: Sequence[NewRun]) -> None:
        """Write new runs, all of them or none. Raises sqlite3.Error."""
        with self._open() as connection, connection:
            connection.executemany(_RUN, (self._row(run) for run in runs))
            for table in ("tags", "params"):
                rows = ((r.run_id, k, v) for r in runs for k, v in getattr(r, table).items())
                connection.executemany(_TEXT.format(table), rows)
            for table, points_of in (("metrics", _every), ("latest_metrics", _latest)):
                points = (row for run in runs for row in points_of(run))
                connection.executemany(_POINT.format(table), points)

    def _row(self, run: NewRun) -> tuple[object, ...]:
        place = f"{self._artifacts.rstrip('/')}/{run.run_id}/artifacts"
        times = (str(run.status), run.started, run.ended)
        return run.run_id, run.name, *times, place, self._experiment

    def _are_known(self) -> bool:
        with self._open() as connection:
            return all(
                {row[1] for row in connection.execute(f"pragma table_info({table})")} == columns
                for table, columns in _COLUMNS.items()
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT)) as connection:
            yield connection


def _every(run: NewRun) -> Iterator[tuple[object, ...]]:
    return iter(dict.fromkeys(_rows(run.run_id, run.metrics)))


def _latest(run: NewRun) -> Iterator[tuple[object, ...]]:
    as_kept = [
        point if math.isfinite(point.value) else replace(point, value=_kept(point.value)[0])
        for point in run.metrics
    ]
    is_nan = {id(kept): math.isnan(p.value) for kept, p in zip(as_kept, run.metrics, strict=True)}
    for point in latest(as_kept).values():
        yield *_row_of(run.run_id, point)[:-1], is_nan[id(point)]


def _rows(run_id: str, points: Iterable[MetricPoint]) -> Iterator[tuple[object, ...]]:
    return (_row_of(run_id, point) for point in points)


def _row_of(run_id: str, point: MetricPoint) -> tuple[object, ...]:
    value, is_nan = _kept(point.value)
    return run_id, point.key, value, milliseconds(point.at), point.step, is_nan


def _kept(value: float) -> tuple[float, bool]:
    """A value as MLflow keeps it, whose tables know neither infinity nor what is no number."""
    if math.isnan(value):
        return 0.0, True
    return max(-sys.float_info.max, min(value, sys.float_info.max)), False
