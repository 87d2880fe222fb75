"""The claim on a study: which sweep it belongs to, by its folder and by what it computes.

Two sweeps of one name may meet in one database. A study therefore carries the id of the folder it
was begun in, which lies in that folder and moves with it, and the spec with everything it
resolved to. Neighbour: `lease`, which keeps two drivers of one sweep apart.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sweeps.search.storage import damaged
from sweeps.search.study import SweepStudy
from sweeps.spec.compare import Change, compare
from sweeps.spec.computed import computed
from sweeps.spec.database import sqlite_path
from sweeps.spec.differences import other_natures
from sweeps.spec.identity import give_identity
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.paths import IDENTITY, SPEC, SweepFolder, shown
from sweeps.spec.stems import blaming
from sweeps.spec.stored import from_data, to_data
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake

KEY = "sweep"  # of the study's attribute
CLAIMED = {"folder", "where", "host", "spec", "computed"}
_PLACES = ("store", "tracking", "storage")  # may move, and may hold passwords


def agreed(
    study: SweepStudy,
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    say: Callable[[str], None] | None = None,
) -> Sweep:
    """The sweep to go on with, once the study is known to be this folder's and of this spec.

    Args:
        say: told what computes other numbers now than when the sweep began.

    Raises:
        UserMistake: the study is another sweep's, or was begun with another spec.
    """
    change = agreed_with(study.attrs(), study.where, sweep, prepared, folder)
    if say is not None:
        for note in change.numerics:
            say(note)
    return change.sweep


def agreed_with(
    attrs: Mapping[str, object],
    where: str,
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
) -> Change:
    """As `agreed`, of what a study at `where` says of itself; nothing is opened."""
    claim = require_own(attrs, where, sweep, folder)
    if claim is None:
        return Change(sweep)
    with blaming(sweep.where("storage")):
        old = _claimed(claim, sweep, where)
        change = compare(old, sweep, claim["computed"], computed(sweep, prepared))
    if change.differences:
        raise UserMistake(_another_spec(sweep, change, bool(compare(old, sweep).differences)))
    return change


def require_own(
    attrs: Mapping[str, object], where: str, sweep: Sweep, folder: SweepFolder
) -> Mapping[str, Any] | None:
    """The claim that a study at `where` carries, once it is known to be this folder's.

    Asked before its lease as well: whoever watches another user's driver may take it for dead.

    Returns:
        None for a study that is new, or was begun by a version that made no claims.

    Raises:
        UserMistake: the study is another sweep's.
    """
    claim = attrs.get(KEY)
    if claim is None:
        return None
    with blaming(sweep.where("storage")):
        if not isinstance(claim, dict) or not claim.keys() >= CLAIMED:
            raise UserMistake(damaged(where))
        if claim["folder"] != regain_identity(attrs, sweep, folder):
            raise UserMistake(_of_another(where, sweep.name, folder, claim))
    return claim


def regain_identity(attrs: Mapping[str, object], sweep: Sweep, folder: SweepFolder) -> str:
    """The folder's id, put back where it was lost and the study knows that it is this one's.

    The study is one of the two truths. Its word is taken where it lies in the folder itself, or
    names this place on this machine; another folder's sweep of the name may be meant otherwise.
    """
    known, claim = folder.identity, attrs.get(KEY)
    if known or not isinstance(claim, dict) or not claim.keys() >= CLAIMED:
        return known
    is_here = sqlite_path(sweep.storage) == folder.study.absolute() or (
        (claim["where"], claim["host"]) == (shown(folder.absolute), socket.gethostname())
    )
    if not is_here:
        return known
    with suppress(OSError):  # who may only read goes by it all the same
        folder.files.write(IDENTITY, f"{claim['folder']}\n")
    return str(claim["folder"])


def require_same_tasks(
    attrs: Mapping[str, object], sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder
) -> None:
    """Return if what a study was told is of the tasks as they are now; what is at hand is read.

    Raises:
        UserMistake: a task asks something else of a model than when the sweep ran; its scores
            lie under other keys, and what lies under these may be another sweep's.
    """
    claim = attrs.get(KEY)
    known = claim.get("computed") if isinstance(claim, dict) else None
    if not isinstance(known, dict):
        return
    changed = [*other_natures(sweep, known, computed(sweep, prepared))]
    if changed:
        what = f"tasks of {sweep.name} have changed since it ran: its scores are not theirs"
        remedy = "put back what it ran with, or run the spec under another name"
        found = [difference.mistake(sweep, "what is there now is") for difference in changed]
        raise UserMistake([Mistake(folder.files.where(SPEC), what, remedy), *found])


def claim(study: SweepStudy, sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder) -> None:
    """Let the study say whose it is, and what it computes."""
    study.set_attr(
        KEY,
        {
            "folder": give_identity(folder),
            "where": shown(folder.absolute),
            "host": socket.gethostname(),
            "spec": to_data(sweep) | dict.fromkeys(_PLACES, ""),
            "computed": computed(sweep, prepared),
        },
    )


def _claimed(claim: Mapping[str, Any], sweep: Sweep, where: str) -> Sweep:
    """The sweep that made the claim, at the places of this one."""
    places = {name: getattr(sweep, name) for name in _PLACES}
    try:
        return from_data(claim["spec"] | places)
    except (KeyError, TypeError, ValueError) as error:
        what = f"was written by another version of xlt ({type(error).__name__}: {error})"
        remedy = "use that version, or give the sweep another name"
        raise UserMistake(Mistake(where, what, remedy)) from None


def _of_another(where: str, name: str, folder: SweepFolder, claim: Mapping[str, Any]) -> Mistake:
    return Mistake(
        where,
        f"Optuna's study {name!r} belongs to the sweep in {claim['where']} on {claim['host']}",
        "run it there, or give this sweep another name: or storage:; if that folder is lost, "
        f"{_to_take_over(folder, claim['folder'])} goes on with it here",
    )


def _to_take_over(folder: SweepFolder, identity: str) -> str:
    if folder.is_remote:
        return f"writing {identity} into {folder.files.where(IDENTITY)}"
    return f"`mkdir -p {folder.path} && echo {identity} > {folder.path / IDENTITY}`"


def _another_spec(sweep: Sweep, change: Change, is_spec: bool) -> list[Mistake]:
    what, remedy = f"{sweep.name} was begun with another spec", "give the spec another name:"
    now = "the spec says" if is_spec else "what is there now is"
    if not is_spec:
        what = f"{sweep.name} was begun with other tasks, data, defaults or another encoder"
        remedy = "give the spec another name, or put back what it began with"
    found = [difference.mistake(sweep, now) for difference in change.differences]
    return [Mistake(sweep.where("name"), what, remedy), *found]
