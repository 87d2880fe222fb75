"""What readers and writers of a study share: rows as trials, and a storage's faults in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sweeps.search.trial import Trial, TrialState
from sweeps.search.words import WORDS
from sweeps.spec.sweep import Settings, Value
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line
from xlt_core.vocabulary.plan import Plan

SECONDS_TO_WAIT = 10.0
_STATES = {
    "RUNNING": TrialState.RUNNING,
    "WAITING": TrialState.RUNNING,
    "COMPLETE": TrialState.FINISHED,
}


# What a row has beside what was told of it: its own truth, and the same in words.
_ELSEWHERE = frozenset({"number", "plan", "settings", *WORDS})

Restore = Callable[[Settings], dict[str, Value]]


def trial_of(
    where: str,
    state: str,
    value: float | None,
    attrs: Mapping[str, Any],
    restore: Restore = dict,
) -> Trial | None:
    """A row as a trial, from Optuna's name of its state; None for a row that is not one of ours.

    Args:
        where: the storage, as mistakes show it.
        restore: makes settings of what is kept of them.

    Raises:
        UserMistake: the row cannot be one that was written.
    """
    if not attrs.keys() >= {"number", "plan"}:
        return None
    number, settings = attrs["number"], attrs.get("settings", {})
    if not (isinstance(number, int) and isinstance(settings, dict)):
        raise UserMistake(damaged(where))
    try:
        plan = Plan.parse(attrs["plan"])
    except (UserMistake, ValueError, TypeError, AttributeError):
        raise UserMistake(damaged(where)) from None
    return Trial(
        number=number,
        plan=plan,
        settings=restore(settings),
        state=_STATES.get(state, TrialState.FAILED),
        value=value if state == "COMPLETE" else None,
        attrs={k: v for k, v in attrs.items() if k not in _ELSEWHERE},
    )


def in_order(trials: Iterable[Trial | None]) -> list[Trial]:
    """Trials in number order, rows that are none left out. Rows must come as they were written.

    Of two rows of one number the first stands: a driver that lost its lease just then wrote the
    other.
    """
    found: dict[int, Trial] = {}
    for trial in trials:
        if trial is not None:
            found.setdefault(trial.number, trial)
    return sorted(found.values(), key=lambda trial: trial.number)


class StorageFault(UserMistake):
    """The storage cannot be used for now: locked, full, away. Who began may wait for it."""


def storage_mistake(where: str, error: Exception) -> UserMistake:
    """Put a storage's error in words a user can act on. `where` must hold no password."""
    kind: type[UserMistake] = StorageFault
    text = first_line(error)
    lowered = str(error).lower()
    if "locked" in lowered:
        what, remedy = "is locked by another program", "close what has it open, then run again"
    elif "no such table" in lowered:
        kind, what = UserMistake, "holds no study: it is another program's database, or damaged"
        remedy = "give storage: a file or database of its own"
    elif any(sign in lowered for sign in ("not a database", "malformed")):
        return UserMistake(damaged(where))
    elif any(sign in lowered for sign in ("no such column", "undefinedcolumn")):
        kind, what = UserMistake, f"was written by another version of Optuna: {text}"
        remedy = "use the version of xlt that began the sweep, or give storage: another place"
    elif any(sign in lowered for sign in ("readonly", "read-only")):
        kind, what = UserMistake, f"cannot be opened: {text}"
        remedy = "check the folder and its permissions"
    elif "unable to open" in lowered:
        what, remedy = f"cannot be opened: {text}", "check the folder and its permissions"
    elif "disk" in lowered and "full" in lowered:
        what, remedy = "cannot be written: the disk is full", "make room, then run again"
    elif where.startswith("postgresql"):
        what = f"cannot be reached: {text}"
        remedy = "check host, port, database, user and password, and that the server is running"
    else:
        what, remedy = f"cannot be used: {text}", "check the storage, then run again"
    return kind(Mistake(where, what, remedy))


def damaged(where: str) -> Mistake:
    """A study that cannot be one."""
    remedy = "move it away and run again: stages in the store are not trained twice"
    return Mistake(where, "is damaged, or is no study", remedy)
