"""`xlt sync`: MLflow's picture built again from the study and the store."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sweeps.cli.cleanup import close_and_say
from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json
from sweeps.interface.places import every_sweep, find_sweep, looked_in
from sweeps.processes import uncollected
from sweeps.spec.paths import PREPARED
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.paths import SweepFolder
    from sweeps.tracking.sync import SyncResult

_REFUSED = "all else is written, and nothing is lost: sync again once it may be taken"


def sync(
    sweeps: Annotated[
        list[str] | None, typer.Argument(metavar="[SWEEP...]", help="Names or folders.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every sweep under runs/.")] = False,
    tracking: Annotated[
        str | None,
        typer.Option("--tracking", help="Another database or server than the sweep's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build MLflow's picture again.

    From Optuna's study and the store alone; what is right already stays untouched. Into the
    database or server that the sweep writes to, or into another, fresh or not.
    """
    if bool(sweeps) == every:
        raise UserMistake(Mistake("xlt sync", "needs sweeps", "name one or more, or give --all"))
    folders = every_sweep() if every else [find_sweep(name) for name in sweeps or ()]
    if not folders:
        say(f"no sweeps under {looked_in()}: nothing to sync")
    done, refused = {}, list[Mistake]()
    for folder in folders:
        where, found = sync_one(folder, tracking)
        done[folder.name] = asdict(found)
        say(
            f"{folder.name}: {found.created} runs made, {found.updated} changed, "
            f"{found.unchanged} right already, {found.doubles} doubles deleted, in {where}"
        )
        refused += [
            Mistake(f"{folder.name}, {record}", f"MLflow does not take it: {reason}", _REFUSED)
            for record, reason in found.refused
        ]
    if as_json:
        print_json(done)
    if refused:
        raise UserMistake(refused)


def sync_one(folder: SweepFolder, elsewhere: str | None = None) -> tuple[str, SyncResult]:
    """Sync one sweep; where, and what was done.

    Args:
        elsewhere: a tracking address in place of the sweep's own.

    Raises:
        UserMistake: the sweep does not read, or its tracking server does not answer.
    """
    from sweeps.report.artifacts import with_page
    from sweeps.search.claim import regain_identity
    from sweeps.search.study_reader import read_attrs
    from sweeps.spec.identity import give_identity
    from sweeps.spec.stored import read_stored_spec
    from sweeps.tracking.location import tracking_uri
    from sweeps.tracking.projection import sweep_projection
    from sweeps.tracking.reaching import reach
    from sweeps.tracking.spool import Spool
    from sweeps.tracking.sync import TrackingRefused
    from sweeps.tracking.sync import sync as send

    spec = read_stored_spec(folder)
    if folder.files.has(PREPARED):  # begun; an earlier version gave no ids
        with contextlib.suppress(OSError):
            attrs = read_attrs(spec.storage, spec.name)
            regain_identity(attrs, spec, folder) or give_identity(folder)
    own = tracking_uri(spec.tracking)
    uri = own if elsewhere is None else tracking_uri(elsewhere)
    # What waits or was refused is the own server's.
    kept = Spool(folder.spool) if uri == own and folder.spool.is_dir() else None
    before = list(kept.refused()) if kept else []
    try:
        with uncollected():  # records by the ten thousand, and nothing to collect
            done = send(list(sweep_projection(folder, with_page)), uri)
    except TrackingRefused as error:
        # Refused for want of a password, another program's address: whoever looks at it says so.
        remedy = reach(uri).remedy or "see that the server is up"
        raise UserMistake(
            Mistake(
                f"{folder.name}: tracking at {bare(uri)}",
                f"does not take the records: {error}",
                f"{remedy}, then sync again; nothing is lost",
            )
        ) from error
    if kept and not done.refused:
        kept.forget_refused(before)
        kept.gap = ""
    if uri == own:
        close_and_say(folder)
    return bare(uri), done
