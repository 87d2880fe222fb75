"""A whole sweep on stages that compute nothing: what ends it, what is tried again."""

from __future__ import annotations

import itertools
import os
import signal
from dataclasses import replace

import pytest

from sweeps.execution.driver import Ended, job_of, run_sweep
from sweeps.execution.job import Shape
from sweeps.execution.resources import Staff
from sweeps.results.status import sweep_status
from sweeps.search.study_reader import read_trials
from sweeps.spec.desired_state import DesiredState, request
from sweeps.spec.identity import give_identity
from tests.sweeps.execution.conftest import AILING
from xlt_core.vocabulary.events import Phase, TrialInterrupted

PLANS = 5  # none, two alone, two orders


@pytest.fixture
def sweep(make, local_ray, one_service, plugged):
    """A small sweep that gives up soon."""
    plugged(AILING)
    made = make()
    execution = replace(
        made.sweep.execution, workers=2, concurrency=2, max_attempts=2, retry_seconds=0.01
    )
    return replace(made, sweep=one_service(replace(made.sweep, execution=execution)))


@pytest.fixture
def run(sweep):
    """Runs it; what `ail` says befalls it until it says nothing."""

    def go(observe=lambda event: None, **options) -> Ended:
        return run_sweep(sweep.sweep, sweep.prepared, sweep.folder, observe, **options)

    return go


@pytest.fixture
def ail(sweep):
    """Let what has so many intermediate stages be `away` or `broken`; nothing: all is well."""

    def set_to(how: str = "", depth: int = 0) -> None:
        path = sweep.folder.cache / "ailing"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{how} {depth}") if how else path.unlink()

    return set_to


def rows(sweep):
    return [
        (trial.number, str(trial.plan), trial.state, trial.value)
        for trial in read_trials(sweep.sweep.storage, sweep.sweep.name)
    ]


def states(sweep):
    return [state for _, _, state, _ in rows(sweep)]


@pytest.mark.parametrize(
    ("moment", "state"),
    [("letting go of the workers", "finished"), ("starting workers, 2 at most", "interrupted")],
)
def test_a_signal_interrupts_what_is_not_done_yet(sweep, run, moment, state):
    """In the closing of a sweep that has all its trials there is nothing to go on with."""

    def observe(event):
        if isinstance(event, Phase) and event.text.startswith(moment):
            os.kill(os.getpid(), signal.SIGTERM)

    assert run(observe).state == state
    assert sweep_status(sweep.folder).state == state


@pytest.mark.parametrize(
    ("moment", "desired", "expected"),
    [
        ("letting go of the workers", DesiredState.STOP, "finished"),
        ("starting workers, 2 at most", DesiredState.CANCEL, "cancelled"),
    ],
)
def test_a_sweep_that_is_complete_is_not_stopped(sweep, run, moment, desired, expected):
    """Who asked too late is told that it had ended by itself."""

    def observe(event):
        if isinstance(event, Phase) and event.text.startswith(moment):
            request(sweep.folder, desired)

    assert run(observe).state == expected
    assert sweep_status(sweep.folder).state == expected


def test_an_extension_that_was_interrupted_is_not_finished(sweep, run):
    """All trials have results, of fewer seeds; the study alone would call it done."""
    assert run() == Ended("finished", 0, 0)
    more = replace(sweep.sweep, seeds=(*sweep.sweep.seeds, sweep.sweep.seeds[-1] + 1))

    def observe(event):
        if isinstance(event, Phase) and event.text.startswith("starting workers"):
            os.kill(os.getpid(), signal.SIGTERM)

    options = {"revisit": True}
    ended = run_sweep(more, sweep.prepared, sweep.folder, observe, **options)
    assert ended.state == sweep_status(sweep.folder).state == "interrupted"
    assert sweep_status(sweep.folder).trials.open == PLANS
    ended = run_sweep(more, sweep.prepared, sweep.folder, lambda event: None, **options)
    assert ended.state == sweep_status(sweep.folder).state == "finished"


def test_a_machines_fault_interrupts_and_is_tried_again(sweep, run, ail):
    """No trial fails, every try is said, and the same command goes on under the same numbers."""
    told = []
    ail("away", 1)
    assert run(told.append) == Ended("interrupted", 0, 2)
    assert sweep_status(sweep.folder).state == "interrupted"
    assert {"stage_retried", "stage_interrupted"} <= {event.kind for event in told}
    ended = [event for event in told if isinstance(event, TrialInterrupted)]
    assert len(ended) == 2
    assert all("the store went away" in event.error for event in ended)
    before = rows(sweep)
    ail()
    assert run() == Ended("finished", 0, 0)
    assert [row[:2] for row in rows(sweep)] == [row[:2] for row in before]
    assert states(sweep) == ["finished"] * PLANS
    assert {row for row in before if row[2] == "finished"} <= set(rows(sweep))


def test_a_failed_baseline_is_tried_again_in_any_case(sweep, run, ail):
    """Without it there is no gain."""
    ail("broken", 0)
    assert run() == Ended("failed", 1, 0)
    ail()
    assert run() == Ended("finished", 0, 0)
    assert states(sweep) == ["finished"] * PLANS


def test_other_failed_trials_are_tried_again_where_asked(sweep, run, ail):
    """They keep their numbers; failing again is failing, and a result is a result."""
    ail("broken", 1)
    assert run() == Ended("failed", 2, 0)
    failed = rows(sweep)
    assert run(retry_failed=True) == Ended("failed", 2, 0)
    assert rows(sweep) == failed
    ail()
    assert run() == Ended("failed", 2, 0)
    assert rows(sweep) == failed
    assert run(retry_failed=True) == Ended("finished", 0, 0)
    assert [row[:2] for row in rows(sweep)] == [row[:2] for row in failed]
    assert states(sweep) == ["finished"] * PLANS


DISPLAY_ERRORS = [
    BrokenPipeError(32, "Broken pipe"),
    OSError(5, "Input/output error"),
    ValueError("I/O operation on closed file"),
    UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"),
    SystemExit(1),  # what rich makes of a broken pipe
]


@pytest.mark.parametrize("files", [(), ("events.jsonl", "spool/tracking.log")], ids=len)
def test_nothing_that_shows_or_writes_steers(sweep, run, files):
    """A display that fails at every event, each time in another way; files that are none."""
    for name in files:
        (sweep.folder.path / name).mkdir(parents=True)
    errors = itertools.cycle(DISPLAY_ERRORS)

    def observe(event):
        raise next(errors)

    assert run(observe) == Ended("finished", 0, 0)
    assert states(sweep) == ["finished"] * PLANS


def test_a_job_says_which_folders_sweep_it_is(make):
    """To the service, and on every stage it has computed: another of the name says otherwise."""
    made = make()
    own = give_identity(made.folder)
    job = job_of(made.sweep, made.prepared, made.folder, Staff(1, Shape(), "cpu"))
    assert job.settings.executor == {"sweep": "made", "folder": own}
    assert job.identity == f"made@{own}"
