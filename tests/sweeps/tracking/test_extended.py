"""A finished sweep that asks for more: MLflow says where it stands now, not where it stood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mlflow import MlflowClient

from sweeps.report.artifacts import texts
from sweeps.results.states import SweepState
from sweeps.search.study import SweepStudy
from sweeps.spec.stored import write_spec
from sweeps.tracking.projection import Projection
from sweeps.tracking.writer import Writer
from xlt_core.vocabulary.events import SweepStarted, TrialFinished

BEGAN = 1_700_000_000.0


@pytest.fixture
def extended(make, uri):
    """Two finished trials of two seeds, recorded as such; then a third seed, of the baseline."""
    made = make()
    for number, plan in enumerate(("(none)", "lab-pairs")):
        made.ask(number, plan)
        made.compute(plan)
        made.tell(number, 80.0)
    made.journal(SweepStarted("made", at=BEGAN))
    writer = Writer(uri)
    for record in told(made, SweepState.FINISHED):
        writer.apply(record)
    assert statuses(uri) == {
        "made": "FINISHED",
        "0: (none)": "FINISHED",
        "1: lab-pairs": "FINISHED",
    }
    more = replace(made, sweep=replace(made.sweep, seeds=(0, 1, 2)))
    write_spec(made.folder, more.sweep)
    more.compute("(none)")
    return more


def projection_of(made):
    study = SweepStudy.open(made.sweep.storage, made.sweep.name)
    return Projection(made.sweep, made.prepared, made.folder, study, texts)


def told(made, state):
    """What a driver says of a run that ends in `state`."""
    live = projection_of(made)
    yield from live.after(SweepStarted("made", at=BEGAN + 100))
    for number in live.told():
        yield from live.after(TrialFinished(trial=number, at=BEGAN + 100))
    if state != SweepState.RUNNING:
        yield from live.closing(state, BEGAN + 100)


def statuses(uri):
    """MLflow's word on the sweep and its trials, by name."""
    client = MlflowClient(uri)
    experiments = [one.experiment_id for one in client.search_experiments()]
    runs = client.search_runs(experiments, "tags.`xlt.level` != 'stage'")
    return {run.info.run_name: run.info.status for run in runs}


@pytest.mark.parametrize(
    ("state", "said"), [(SweepState.RUNNING, "RUNNING"), (SweepState.INTERRUPTED, "KILLED")]
)
def test_it_is_not_called_finished_any_more(extended, uri, state, said):
    """Neither while it goes on nor once it was interrupted; nor its trials that lack the seed."""
    earlier = list(told(replace(extended, sweep=replace(extended.sweep, seeds=(0, 1))), state))
    writer = Writer(uri)
    for record in told(extended, state):
        writer.apply(record)
    expected = {"made": said, "0: (none)": "FINISHED", "1: lab-pairs": said}
    assert statuses(uri) == expected
    for late in earlier:  # of a queue that another machine sends only now
        writer.apply(late)
    assert statuses(uri) == expected
