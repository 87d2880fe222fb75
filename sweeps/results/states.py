"""Where a sweep, its trials and stages stand, one word each: what `xlt status` and MLflow say.

Next: `status`, which finds the word; `search.trial.TrialState` is what the study itself knows.
"""

from __future__ import annotations

from enum import StrEnum


class SweepState(StrEnum):
    """Where a sweep stands."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDING = "ending"  # was asked to stop or to be cancelled, and its driver is still at work
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    FAILED = "failed"  # finished, with failed trials
    NOT_BEGUN = "not begun"  # its driver ended before the first trial


AT_WORK = (SweepState.RUNNING, SweepState.PAUSED, SweepState.ENDING)  # its driver is


class TrialStanding(StrEnum):
    """Where a trial stands, given where its sweep does."""

    RUNNING = "running"  # without a result yet, in a sweep that runs
    OPEN = "open"  # without a result, in a sweep that does not run
    FINISHED = "finished"
    FAILED = "failed"


class StageStanding(StrEnum):
    """What became of a stage that trials ask for."""

    EXECUTED = "executed"  # by this sweep
    REUSED = "reused"  # taken from the store, where another sweep had put it
    OPEN = "open"  # not in the store: still to do, being done, or failed
