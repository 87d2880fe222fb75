"""The claim on a study: which sweep it belongs to, by its folder and by what it computes.

Two sweeps of one name may meet in one database. A study therefore carries the id of the folder it
was begun in, which lies in that folder and moves with it, and the spec with everything it
resolved to. Neighbour: `lease`, which keeps two drivers of one sweep apart.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from sweeps.search.storage import damaged
from sweeps.search.study import SweepStudy
from sweeps.spec.compare import Change, compare
from sweeps.spec.computed import computed
from sweeps.spec.identity import give_identity
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.paths import IDENTITY, SweepFolder, shown
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
    claim = attrs.get(KEY)
    if claim is None:  # new, or begun by a version that made no claims
        return Change(sweep)
    with blaming(sweep.where("storage")):
        if not isinstance(claim, dict) or not claim.keys() >= CLAIMED:
            raise UserMistake(damaged(where))
        if claim["folder"] != folder.identity:
            raise UserMistake(_of_another(where, sweep.name, folder, claim))
        change = _change(claim, sweep, prepared, where)
    if change.differences:
        raise UserMistake(_another_spec(sweep, change))
    return change


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


def _change(claim: Mapping[str, Any], sweep: Sweep, prepared: ResolvedInputs, where: str) -> Change:
    places = {name: getattr(sweep, name) for name in _PLACES}
    try:
        old = from_data(claim["spec"] | places)
    except (KeyError, TypeError, ValueError) as error:
        what = f"was written by another version of xlt ({type(error).__name__}: {error})"
        remedy = "use that version, or give the sweep another name"
        raise UserMistake(Mistake(where, what, remedy)) from None
    return compare(old, sweep, claim["computed"], computed(sweep, prepared))


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


def _another_spec(sweep: Sweep, change: Change) -> list[Mistake]:
    what, remedy = f"{sweep.name} was begun with another spec", "give the spec another name:"
    found = [difference.mistake(sweep) for difference in change.differences]
    return [Mistake(sweep.where("name"), what, remedy), *found]
