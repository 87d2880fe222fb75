"""Runs written many at a time are the very rows that MLflow's client would have written."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sweeps.tracking.records import MetricPoint
from sweeps.tracking.sync import sync
from sweeps.tracking.tables import RunTables
from sweeps.tracking.writer import Writer

ODD = (
    MetricPoint("train/loss", math.nan, 1.7e9, 1),
    MetricPoint("train/loss", math.inf, 1.7e9, 2),
    MetricPoint("train/loss", -math.inf, 1.7e9, 3),
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


def test_tables_of_another_version_are_left_to_mlflow(uri, records, monkeypatch):
    """All is said all the same."""
    monkeypatch.setattr(RunTables, "_are_known", lambda self: False)
    assert sync(records, uri).created == 6
