"""States, times and values as a record says them. Used by `project` and `stage_run`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sweeps.results.states import SweepState, TrialStanding
from sweeps.tracking.records import Status

# Optuna's, Tune's and our own words for how far something is.
_STATUS = {
    SweepState.RUNNING: Status.RUNNING,
    SweepState.ENDING: Status.RUNNING,
    "waiting": Status.RUNNING,
    "complete": Status.FINISHED,
    "completed": Status.FINISHED,
    SweepState.FINISHED: Status.FINISHED,
    "done": Status.FINISHED,
    "pruned": Status.FINISHED,
    SweepState.STOPPED: Status.KILLED,
    SweepState.PAUSED: Status.KILLED,
    "fail": Status.FAILED,
    SweepState.FAILED: Status.FAILED,
    "killed": Status.KILLED,
    SweepState.CANCELLED: Status.KILLED,
    SweepState.INTERRUPTED: Status.KILLED,
    TrialStanding.OPEN: Status.KILLED,
    SweepState.NOT_BEGUN: Status.KILLED,
}


def status_of(state: str) -> Status:
    """MLflow's word for a state. Raises ValueError: an unknown one."""
    try:
        return _STATUS[state.lower()]
    except KeyError:
        raise ValueError(f"a state is one of {', '.join(_STATUS)}, not {state!r}") from None


def seconds(at: float | str) -> float:
    """A time as seconds since the epoch: a number, or ISO 8601 with a zone."""
    if isinstance(at, str):
        return datetime.fromisoformat(at).timestamp()
    return float(at)


def text_of(value: object) -> str:
    """A value as people write it; lists with commas."""
    if isinstance(value, (list, tuple)):
        return ", ".join(text_of(each) for each in value)
    return str(value)


def given(values: Mapping[str, str]) -> dict[str, str]:
    """Without the empty ones."""
    return {key: value for key, value in values.items() if value}
