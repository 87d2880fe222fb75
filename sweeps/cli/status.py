"""`xlt status`: where sweeps stand."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from sweeps.cli.cleanup import say_backlog, say_open_runs, say_what_is_left
from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.places import as_word, every_sweep, find_sweep, looked_in
from sweeps.report.event_text import left_out
from sweeps.results.states import SweepState
from sweeps.spec.machine import machines_mistake
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.events import WorkerLeftOut

_CAN_GO_ON = (
    SweepState.INTERRUPTED,
    SweepState.STOPPED,
    SweepState.CANCELLED,
    SweepState.NOT_BEGUN,
)


def status(
    sweep: Annotated[
        str | None,
        typer.Argument(metavar="[SWEEP]", help="A name under runs/, or a folder; without: all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say where sweeps stand.

    A trial without a result is running, or open where its sweep does not run. Stages are those
    that trials ask for; distinct, what trials share counted once; of these, executed by this sweep
    or reused: taken from the store, where another sweep had put them, not an
    earlier run of this one.
    """
    if sweep is None:
        _all(as_json)
        return
    folder = find_sweep(sweep)
    found = LoadedSweep(folder).status()
    if as_json:
        print_json(found)
        return
    stdout().print(_table([found]))
    say_open_runs(folder)
    say_backlog(folder)
    for bad in found["left_out"]:
        stdout().print(left_out(WorkerLeftOut(**bad)), soft_wrap=True)
    for failed in found["errors"]:
        stdout().print(f"trial {failed['trial']} failed: {failed['error']}", soft_wrap=True)
    if found["state"] in _CAN_GO_ON:
        say(f"`xlt resume {as_word(sweep)}` goes on with it")


def _all(as_json: bool) -> None:
    """Every sweep; one that does not read is said on stderr and does not hide the others."""
    found, folders = [], every_sweep()
    for folder in folders:
        try:
            say_what_is_left(folder)
            found.append(LoadedSweep(folder).status())
        except (UserMistake, OSError) as error:
            mistake = machines_mistake(error)
            if not isinstance(error, UserMistake) and mistake is None:
                raise
            say(str(mistake or error))
    if as_json:
        print_json(found)
    elif found:
        stdout().print(_table(found))
    elif not folders:
        say(f"no sweeps under {looked_in()}; `xlt run SPEC` starts one")


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(Column("sweep", overflow="fold"), Column("state", overflow="fold"))
    for name in ("trials", "failed", "running", "open", "stages", "distinct", "executed", "reused"):
        table.add_column(name, justify="right", overflow="fold")
    for one in found:
        trials, stages = one["trials"], one["stages"]
        planned = "?" if trials["planned"] is None else trials["planned"]
        table.add_row(
            one["name"],
            one["state"],
            f"{trials['finished']}/{planned}",
            *(str(trials[name]) for name in ("failed", "running", "open")),
            *(str(value) for value in (stages.values() if stages else "––––")),
        )
    return table
