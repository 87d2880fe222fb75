"""MLflow's latest values are the record's, whatever it held and whenever that was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from mlflow import MlflowClient

from sweeps.results.rows import ScoreRow
from sweeps.tracking.records import RunRecord
from sweeps.tracking.sync import sync
from sweeps.tracking.writer import Applied, Writer

Said = Callable[..., RunRecord]


def scores(*values: float) -> list[ScoreRow]:
    """One language, a seed a value."""
    return [
        ScoreRow(1, "mnli", "xnli", "sw", "Atlantic-Congo", seed, "test", "accuracy", value, None)
        for seed, value in enumerate(values)
    ]


def shown(uri: str) -> dict[str, float]:
    """The latest value of each metric of the only trial, as the UI shows them."""
    client = MlflowClient(uri)
    experiments = [one.experiment_id for one in client.search_experiments()]
    (run,) = client.search_runs(experiments, "tags.`xlt.level` = 'trial'")
    return dict(run.data.metrics)


@pytest.mark.parametrize("again", [False, True], ids=["the same writer", "another"])
@pytest.mark.parametrize("later", [40.0, 90.0], ids=["lower", "higher"])
def test_seeds_that_the_store_held_change_the_means(
    uri: str, a_trial: Said, later: float, again: bool
) -> None:
    """The trial ends when it ended before: its stages of the other seeds are older."""
    writer = Writer(uri)
    writer.apply(a_trial(scores=scores(60.0), objective=60.0))
    extended = a_trial(scores=scores(60.0, later), objective=30 + later / 2)
    writer = Writer(uri) if again else writer
    assert writer.apply(extended) is Applied.UPDATED
    assert shown(uri)["test/mean"] == 30 + later / 2
    assert shown(uri)["objective"] == 30 + later / 2
    assert writer.apply(extended) is Applied.UNCHANGED
    assert Writer(uri).apply(extended) is Applied.UNCHANGED
    assert sync([extended], uri).unchanged == 1


def test_sync_mends_what_is_shown_wrongly(uri: str, a_trial: Said) -> None:
    """Though the run carries the record's own digest."""
    record = a_trial(scores=scores(60.0), objective=60.0)
    Writer(uri).apply(record)
    client = MlflowClient(uri)
    experiments = [one.experiment_id for one in client.search_experiments()]
    (run,) = client.search_runs(experiments)
    client.log_metric(run.info.run_id, "test/mean", 99.0, timestamp=2_000_000_000_000, step=5)
    assert sync([record], uri).updated == 1
    assert shown(uri)["test/mean"] == 60.0
    assert sync([record], uri).unchanged == 1


def test_a_name_begun_again_shows_what_is_there_now(uri: str, a_trial: Said) -> None:
    """Another computation, ended later, stood under the name; the truths are of the earlier one."""
    other = a_trial(scores=scores(33.0), objective=33.0, ended=1_800_000_000.0)
    record = a_trial(scores=scores(60.0), objective=60.0)
    Writer(uri).apply(other)
    assert Writer(uri).apply(record) is Applied.UNCHANGED, (
        "a late record of a queue changes nothing"
    )
    assert sync([record], uri).updated == 1
    assert shown(uri)["test/mean"] == 60.0
    assert sync([record], uri).unchanged == 1


def test_languages_there_only_to_select_by_are_in_no_mean(uri: str, a_trial: Any) -> None:
    """Their own scores stand."""
    english = replace(scores(90.0)[0], language="en", family="Indo-European", asked=False)
    Writer(uri).apply(a_trial(scores=[*scores(60.0), english], objective=60.0))
    assert shown(uri)["test/mean"] == 60.0
    assert shown(uri)["test/xnli/en/accuracy"] == 90.0
