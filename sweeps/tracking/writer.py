"""Writing records into MLflow, each as often as it comes, with one end result.

What is new in a record is decided in `diff`; here it is looked up and sent. A new run costs one
search, one create, one batch and one end: about 50 ms on SQLite.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Param, Run, RunTag
from mlflow.entities import Metric as Point
from mlflow.exceptions import MlflowException

from sweeps.spec.database import sqlite_path
from sweeps.tracking.database import (
    ArtifactFailed,
    NoAnswer,
    exclusive,
    is_away,
    prepare_database,
)
from sweeps.tracking.diff import (
    NESTING_TAG,
    NOTE_TAG,
    PARENT_TAG,
    RECORD_TAG,
    SWEEP_ID_TAG,
    Known,
    RunChange,
    all_tags,
    difference,
    latest,
    milliseconds,
    status_of,
)
from sweeps.tracking.known_runs import Identity, KnownRuns
from sweeps.tracking.location import EXPERIMENT, client_address
from sweeps.tracking.records import LEVELS, DataInput, MetricPoint, RunRecord, Status
from sweeps.tracking.tables import NewRun, RunTables
from xlt_core.vocabulary.address import bare

# MLflow refuses more in one request: 1000 entities in all, 100 of them params, 100 of them tags.
_METRICS, _PARAMS, _TAGS = 800, 100, 99
_REMEMBERED = 256  # runs whose points are remembered, so that a growing curve is sent once
_TOGETHER = 250  # runs in one transaction: others who write need not wait for long


class Applied(StrEnum):
    """What applying a record did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Writer:
    """Applies records to one experiment of one tracking database.

    Raises on making and on applying:
        UserMistake: see `prepare_database`.
        MlflowException: `database.is_away` tells whether to try again.
    """

    def __init__(self, tracking_uri: str, experiment: str = EXPERIMENT) -> None:
        self.uri = tracking_uri
        self.gap = ""  # what MLflow lost of what it had taken, where somebody deleted for good
        self.namesake = ""  # that another sweep of the name was there, where one was
        self.page = ""  # EXPERIMENT/RUN of the last sweep's own run that was written
        self._name = experiment
        self._experiment = prepare_database(tracking_uri, experiment)
        self._client = MlflowClient(client_address(tracking_uri))
        self._forget()

    def apply(self, record: RunRecord, is_truth: bool = False) -> Applied:
        """Make the run say what the record says; a record applied before changes nothing.

        Args:
            is_truth: see `diff.difference`.
        """
        try:
            return self._apply(record, is_truth)
        except MlflowException as error:
            if is_away(error):
                raise
        # Someone may have deleted a run that we remember, or the experiment: look again, once.
        self._look_again()
        return self._apply(record, is_truth)

    def make(self, records: Sequence[RunRecord]) -> set[int]:
        """Make the runs of those that have none yet, many at a time, where that can be done.

        Returns:
            The places of the records whose runs say it all now; the others are to be applied.
        """
        made: set[int] = set()
        with exclusive(self.uri):
            tables = self._tables()
            if tables is None:
                return made
            there, fresh = tables.found(), dict[tuple[str, str], int]()
            for place, record in enumerate(records):
                if _can_be_new(record, there):
                    fresh.setdefault(record.identity, place)
            places = list(fresh.values())
            with contextlib.suppress(sqlite3.Error):  # then one at a time, as the others
                for at in range(0, len(places), _TOGETHER):
                    some = places[at : at + _TOGETHER]
                    tables.insert([self._new_run(records[place]) for place in some])
                    made.update(some)
            if len(made) < len(places):
                self._forget()
        return made

    def _new_run(self, record: RunRecord) -> NewRun:
        """The run of a record, known from now on: the next one may hang under it."""
        new = NewRun(
            record.name,
            record.status,
            milliseconds(record.started),
            None if record.ended is None else milliseconds(record.ended),
            all_tags(record, self._parent_run(record)),
            record.params,
            record.metrics,
        )
        known = new.known
        self._runs.put((*record.identity, record.owner), known)
        self._note_waiting(known)
        self._adopt(record, known)
        return new

    def _tables(self) -> RunTables | None:
        if sqlite_path(self.uri) is None:
            return None
        place = str(self._client.get_experiment(self._experiment).artifact_location)
        return RunTables.of(self.uri, self._experiment, place)

    def answers(self) -> bool:
        """Whether the tracking server is there."""
        try:
            found = self._client.get_experiment(self._experiment)
        except Exception:  # a page of a proxy in its place is no answer either
            return False
        return str(found.experiment_id) == self._experiment

    def doubles(self, sweep: str) -> int:
        """Delete runs that two processes made at once for one record; say how many."""
        self._load(sweep)
        found = [run for runs in self._spare.values() for run in runs]
        for run_id in found:
            self._client.delete_run(run_id)
        self._spare.clear()
        return len(found)

    def _look_again(self) -> None:
        self._forget()
        before, self._experiment = self._experiment, prepare_database(self.uri, self._name)
        if self._experiment != before:
            self.gap = "MLflow's experiment was deleted for good, and what had been sent with it"

    def _forget(self) -> None:
        self._runs = KnownRuns()
        self._loaded: set[str] = set()
        self._spare: dict[Identity, list[str]] = {}
        self._said: OrderedDict[str, frozenset[MetricPoint]] = OrderedDict()
        self._claimed: set[tuple[str, str]] = set()
        self._waiting: dict[str, list[Known]] = defaultdict(list)  # by the parent not there yet

    def _apply(self, record: RunRecord, is_truth: bool) -> Applied:
        record = placed(record, self._experiment)
        self._load(record.sweep)
        self._claim(record)
        parent = self._parent_run(record)
        known = self._known(*record.identity, record.owner)
        created = False
        if known is None:
            known, created = self._find_or_create(record, parent)
        record = placed(record, self._experiment, known.run_id)
        if record.level == "sweep":
            self.page = f"{self._experiment}/{known.run_id}"
        said = self._said.get(known.run_id, frozenset())
        change = difference(known, record, parent, said, is_truth)
        if change is not None:
            self._write(known, change)
            self._note_waiting(known)
            self._remember(known, record)
        if created:
            self._adopt(record, known)
            return Applied.CREATED
        return Applied.UNCHANGED if change is None else Applied.UPDATED

    def _parent_run(self, record: RunRecord) -> str | None:
        identity = record.parent_identity
        if identity is None:
            return None
        if not record.sweep_id:  # of several parents of the name, the one it hangs under stays
            own = self._known(*record.identity, record.owner)
            nested = own.tags.get(NESTING_TAG) if own else None
            if any(run.run_id == nested for run in self._runs.named(*identity)):
                return nested
        known = self._known(*identity, record.sweep_id)
        return known.run_id if known else None

    def _find_or_create(self, record: RunRecord, parent: str | None) -> tuple[Known, bool]:
        with exclusive(self.uri):
            level, value = record.identity
            for run in self._search(f"tags.`xlt.{level}` = {_quoted(value)}"):
                self._note(_known_of(run))
            if (found := self._known(*record.identity, record.owner)) is not None:
                return found, False
            if record.level == "sweep" and self._known(level, value, ""):
                self.namesake = f"MLflow has another sweep called {record.name} ({bare(self.uri)})"
            return self._create(record, parent), True

    def _create(self, record: RunRecord, parent: str | None) -> Known:
        tags = all_tags(record, parent)
        del tags[RECORD_TAG]  # said last, when all else is
        # The ones it is found by stand last; a batch takes those that find no room.
        tags = dict(list(tags.items())[-_TAGS:])
        run = self._client.create_run(
            self._experiment,
            start_time=milliseconds(record.started),
            tags=tags,
            run_name=record.name,
        )
        if not run.info.run_id:
            raise NoAnswer(f"{bare(self.uri)} made no run: it is no MLflow server")
        known = Known(run.info.run_id, started=milliseconds(record.started), tags=tags)
        self._runs.put((*record.identity, record.owner), known)
        self._note_waiting(known)
        return known

    def _write(self, known: Known, change: RunChange) -> None:
        if change.reopen:
            self._client.update_run(known.run_id, status=Status.RUNNING)
            known.status = Status.RUNNING
        if change.end is not None:
            # First: what MLflow refuses below must not leave a run that never ends.
            status, ended = change.end
            self._client.set_terminated(known.run_id, status, ended)
            known.status, known.ended = status, ended
        for key in change.forget:
            self._client.delete_tag(known.run_id, key)
            del known.tags[key]
        tags = dict(change.tags)
        done = {RECORD_TAG: tags.pop(RECORD_TAG)}
        self._log_inputs(known, change.inputs)
        for key, text in change.views.items():
            self._client.set_experiment_tag(self._experiment, key, text)
        metrics = self._overtaking(known, change)
        self._log(known, change.params, tags, metrics, {} if change.artifacts else done)
        if change.artifacts:
            self._store(known, change.artifacts)
            self._log(known, {}, {}, (), done)

    def _log_inputs(self, known: Known, inputs: Sequence[DataInput]) -> None:
        """Say which data sets the run reads; MLflow keeps one that it knows as it is."""
        if inputs:
            self._client.log_inputs(known.run_id, datasets=[_data_set(each) for each in inputs])

    def _overtaking(self, known: Known, change: RunChange) -> Sequence[MetricPoint]:
        """The change's points, made later where MLflow would take an old one for the latest.

        A trial that is extended by stages which the store held already ends when it ended before.
        """
        if not change.overtakes:
            return change.metrics
        points = list(change.metrics)
        for key, point in latest(m for m in points if m.key in change.overtakes).items():
            held = self._client.get_metric_history(known.run_id, key)
            if held:
                step = max(point.step, *(one.step for one in held))
                after = max(one.timestamp for one in held) + 1
                at = max(milliseconds(point.at), after) / 1000
                points[points.index(point)] = replace(point, step=step, at=at)
        return points

    def _store(self, known: Known, artifacts: Mapping[str, str]) -> None:
        for name, text in artifacts.items():
            try:
                self._client.log_text(known.run_id, text, name)
            except Exception as error:  # each kind of artifact store has its own
                raise ArtifactFailed(f"{name} is not stored: {error}") from error

    def _log(
        self,
        known: Known,
        params: Mapping[str, str],
        tags: Mapping[str, str],
        metrics: Sequence[MetricPoint],
        done: Mapping[str, str],
    ) -> None:
        """Send in as few batches as MLflow allows; the last one carries the mark `done`, if any."""
        points = list(metrics)
        all_params, all_tags = list(params.items()), list(tags.items())
        batches = max(
            1, _pieces(points, _METRICS), _pieces(all_params, _PARAMS), _pieces(all_tags, _TAGS)
        )
        for n in range(batches):
            some_tags = all_tags[n * _TAGS : (n + 1) * _TAGS]
            if n == batches - 1:
                some_tags += done.items()
            some = points[n * _METRICS : (n + 1) * _METRICS]
            some_params = all_params[n * _PARAMS : (n + 1) * _PARAMS]
            self._client.log_batch(
                known.run_id,
                metrics=[_point(m) for m in some],
                params=[Param(key, value) for key, value in some_params],
                tags=[RunTag(key, value) for key, value in some_tags],
            )
            known.params.update(some_params)
            known.metrics.update({key: m.value for key, m in latest(some).items()})
            known.tags.update(some_tags)

    def _remember(self, known: Known, record: RunRecord) -> None:
        self._said[known.run_id] = frozenset(record.metrics)
        self._said.move_to_end(known.run_id)
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)

    def _adopt(self, record: RunRecord, known: Known) -> None:
        """Nest the runs that were here before their parent was."""
        if record.level == "stage":
            return
        left = []
        for child in self._waiting.pop(record.tag_value, ()):
            waits = child.tags.get(PARENT_TAG) == record.tag_value and NESTING_TAG not in child.tags
            if waits and child.tags.get(SWEEP_ID_TAG, record.sweep_id) != record.sweep_id:
                left.append(child)  # of another sweep of the name
            elif waits:
                self._client.set_tag(child.run_id, NESTING_TAG, known.run_id)
                child.tags[NESTING_TAG] = known.run_id
        if left:
            self._waiting[record.tag_value] = left

    def _note_waiting(self, known: Known) -> None:
        if PARENT_TAG in known.tags and NESTING_TAG not in known.tags:
            self._waiting[known.tags[PARENT_TAG]].append(known)

    def _load(self, sweep: str) -> None:
        """Learn all runs of a sweep in one search, the first time it is met."""
        if not sweep or sweep in self._loaded:
            return
        tables = self._tables()
        if tables is not None:
            found: Iterable[Known] = tables.runs_of(sweep)
        else:
            found = map(_known_of, self._search(f"tags.`xlt.sweep` = {_quoted(sweep)}"))
        for run in found:
            self._note(run)
        self._loaded.add(sweep)

    def _known(self, level: str, value: str, sweep_id: str) -> Known | None:
        """The run that is found by these. Where the id is not known, the oldest of the name."""
        found = self._runs.get((level, value, sweep_id))
        if found is None and level == "stage":  # perhaps an earlier version's, which said no id
            found = self._runs.get((level, value, ""))
        if found is not None or sweep_id:
            return found
        named = self._runs.named(level, value)
        return min(named, key=lambda run: (run.started, run.run_id), default=None)

    def _claim(self, record: RunRecord) -> None:
        """Runs of an earlier version say no id: they go to the first sweep of the name that asks.

        All of them together, so that no sweep's trials hang half under another's.
        """
        who = (record.sweep, record.owner)
        if not record.owner or who in self._claimed:
            return
        if self._unowned(record):
            with exclusive(self.uri):
                for key in self._unowned(record):
                    self._runs.take(key)
                self._loaded.discard(record.sweep)  # another process may have been faster
                self._load(record.sweep)
                for key in self._unowned(record):
                    self._give(key, record.owner)
        self._claimed.add(who)

    def _unowned(self, record: RunRecord) -> list[Identity]:
        """Runs of the record's sweep by name that say no id; none where another's stand there."""
        named = [
            key
            for key, run in self._runs
            if key[0] != "stage" and run.tags.get("xlt.sweep") == record.sweep
        ]
        others = {owner for _, _, owner in named} - {"", record.owner}
        return [] if others else [key for key in named if not key[2]]

    def _give(self, key: Identity, owner: str) -> None:
        known = self._runs.get(key)
        if known is not None:
            self._client.set_tag(known.run_id, SWEEP_ID_TAG, owner)
            known.tags[SWEEP_ID_TAG] = owner
            self._runs.put((*key[:2], owner), self._runs.take(key))

    def _search(self, text: str) -> Iterator[Run]:
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment], text, max_results=1000, page_token=token
            )
            yield from page
            if not (token := page.token):
                return

    def _note(self, known: Known) -> None:
        level = known.tags.get("xlt.level", "")
        if level not in LEVELS or f"xlt.{level}" not in known.tags:
            return
        identity = (level, known.tags[f"xlt.{level}"], known.tags.get(SWEEP_ID_TAG, ""))
        other = self._runs.get(identity)
        if other is None:
            self._runs.put(identity, known)
            other = known
        if other.run_id == known.run_id:
            if other is known:
                self._note_waiting(known)
            return
        # Everyone keeps the same one of two, rather one that ended.
        keep, spare = sorted((other, known), key=lambda each: (not each.said_end, each.run_id))
        self._runs.put(identity, keep)
        self._spare.setdefault(identity, []).append(spare.run_id)


def _known_of(run: Run) -> Known:
    return Known(
        run.info.run_id,
        status_of(run.info.status),
        run.info.end_time,
        dict(run.data.tags),
        dict(run.data.params),
        dict(run.data.metrics),
        run.info.start_time or 0,
    )


def _can_be_new(record: RunRecord, there: Mapping[tuple[str, str], Collection[str]]) -> bool:
    """Whether the record is a run's that is not there, and has no more than rows of tables."""
    owners = there.get(record.identity, ())
    is_there = bool(owners) and (not record.owner or record.owner in owners or "" in owners)
    return not (is_there or record.artifacts or record.inputs or record.views)


def placed(record: RunRecord, experiment: str, run: str = "{run}") -> RunRecord:
    """The record with the numbers of experiment and run where its description leads to pages.

    Args:
        run: its id; without, the place for it stays.
    """
    note = record.tags.get(NOTE_TAG)
    if note is None:
        return record
    note = note.replace("{experiment}", experiment).replace("{run}", run)
    return replace(record, tags={**record.tags, NOTE_TAG: note})


def _data_set(given: DataInput) -> DatasetInput:
    source = json.dumps({"uri": given.source})
    data = Dataset(given.name, given.digest, "local", source, profile=given.profile)
    return DatasetInput(data, [InputTag("mlflow.data.context", given.context)])


def _pieces(values: Sequence[object], most: int) -> int:
    return -(-len(values) // most)


def _point(metric: MetricPoint) -> Point:
    return Point(metric.key, metric.value, milliseconds(metric.at), metric.step)


def _quoted(value: str) -> str:
    """A text as MLflow's search reads it.

    Raises:
        ValueError: it holds both kinds of quotes, which MLflow has no way to write.
    """
    if "'" not in value:
        return f"'{value}'"
    if '"' in value:
        raise ValueError(f"{value!r} cannot be searched for in MLflow: it mixes quotes")
    return f'"{value}"'
