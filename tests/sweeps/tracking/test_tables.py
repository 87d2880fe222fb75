"""Runs written many at a time are the very rows that MLflow's client would have written."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from mlflow import MlflowClient

from sweeps.tracking.records import MetricPoint
from sweeps.tracking.sync import sync
from sweeps.tracking.tables import RunTables
from sweeps.tracking.writer import Writer

ODD = (
    MetricPoint("curve/loss", math.nan, 1.7e9, 1),
    MetricPoint("curve/loss", math.inf, 1.7e9, 2),
    MetricPoint("curve/loss", -math.inf, 1.7e9, 3),
    MetricPoint("test/a", 1.0, 1.7e9),
    MetricPoint("test/a", 1.0, 1.7e9),
    MetricPoint("test/a", 2.0, 1.6e9),
)


@pytest.fixture
def records(a_sweep, a_trial, a_stage):
    """A sweep with trials and stages, ended and under way, and with values that are no numbers."""
    odd = replace(a_stage(3), metrics=ODD)
    return [
        a_sweep(),
        a_trial(0),
        a_trial(1, "running"),
        a_stage(),
        a_stage(2, finished=False),
        odd,
    ]


def test_together_is_as_one_by_one(database, records, picture):
    """Every table that tells of runs, whatever their ids."""
    together, alone = database("together"), database("alone")
    writer = Writer(together)
    writer.apply(records[0])
    assert writer.make(records[1:]) == set(range(5))
    single = Writer(alone)
    for record in records:
        single.apply(record)
    assert picture(together) == picture(alone)


def test_what_is_there_is_left_to_be_applied(uri, records):
    """Runs that are there are changed where they say otherwise, and never doubled."""
    Writer(uri).apply(records[1])
    found = sync(records, uri)
    assert (found.created, found.unchanged) == (5, 1)
    assert sync(records, uri).unchanged == 6


def test_runs_are_read_as_the_client_reads_them(uri, records):
    """Ids, states, times, tags, params and last values, those that are no numbers too."""
    sync(records, uri)
    client = MlflowClient(uri)
    (experiment,) = client.search_experiments(filter_string="attribute.name = 'xlt'")
    runs = client.search_runs([experiment.experiment_id], "tags.`xlt.sweep` = 'order'")
    client.delete_run(runs.pop().info.run_id)
    tables = RunTables.of(uri, experiment.experiment_id, experiment.artifact_location)
    found = {run.run_id: run for run in tables.runs_of("order")}
    assert list(found) == [run.info.run_id for run in runs] and len(found) == len(records) - 1
    for run in runs:
        own = found[run.info.run_id]
        assert (own.status, own.started, own.ended) == (
            *(run.info.status, run.info.start_time, run.info.end_time),
        )
        assert (own.tags, own.params) == (run.data.tags, run.data.params)
        assert sorted(map(repr, own.metrics.items())) == sorted(
            map(repr, run.data.metrics.items())  # a nan equals nothing
        )


def test_tables_of_another_version_are_left_to_mlflow(uri, records, monkeypatch):
    """All is said all the same."""
    monkeypatch.setattr(RunTables, "_are_known", lambda self: False)
    assert sync(records, uri).created == 6
