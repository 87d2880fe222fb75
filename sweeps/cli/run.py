"""`xlt run`: run a sweep, go on with it, or extend it. Shows what it found when it ends.

`sweeps.interface.running` does it; `end`, which `resume` shares, says how it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sweeps.cli.faults import DONE, FAILED_TRIALS, ON_REQUEST, say
from sweeps.cli.interrupts import INTERRUPTED
from sweeps.cli.options import Folder, Overrides, SpecFile
from sweeps.cli.output import stdout, unheard
from sweeps.cli.terminal import Terminal
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.running import Manner, Ran, run_spec
from sweeps.results.states import SweepState
from sweeps.spec.paths import SweepFolder

if TYPE_CHECKING:
    from sweeps.execution.driver import Ended
    from sweeps.spec.sweep import Sweep

ENDED_EARLY = {
    SweepState.INTERRUPTED: INTERRUPTED,
    SweepState.STOPPED: ON_REQUEST,
    SweepState.CANCELLED: ON_REQUEST,
}

Address = Annotated[
    str | None, typer.Option("--address", help="A Ray cluster's address, HOST:PORT; without: here.")
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Stages at once.")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Try trials again that failed of their own.")
]


def run(
    spec: SpecFile,
    overrides: Overrides = None,
    folder: Folder = None,
    address: Address = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            help="Extend a sweep without asking; needed where nobody can be asked.",
        ),
    ] = False,
) -> None:
    """Run, resume or extend a sweep.

    The same spec again goes on with it as if nothing had happened; one with more in it (trials,
    seeds, languages, targets, tasks) extends it, once you have said yes; any other change needs
    another name. What a
    machine's fault ended is tried again, and so is a failed baseline.
    """
    manner = Manner(address, workers, retry_failed)
    end(run_spec(spec, overrides or [], folder, manner, Terminal(yes)))


def end(ran: Ran) -> None:
    """Print what was found, exit as the sweep ended.

    Raises:
        typer.Exit: always, with `exit_code`.
    """
    with unheard():  # a sweep ends as it ended, whoever has left before it could be told
        conclude(ran.sweep, ran.folder, ran.ended)
    raise typer.Exit(exit_code(ran.ended))


def conclude(sweep: Sweep, folder: SweepFolder, ended: Ended) -> None:
    """Print what was found to stdout, and to stderr what can be done next."""
    from sweeps.cli.ui import way_to_runs
    from sweeps.report.event_text import counted
    from sweeps.report.render import results_report

    name = folder.called
    stdout().print(results_report(LoadedSweep(folder).found()))
    if ended.state in ENDED_EARLY:
        say(f"{sweep.name} is {ended.state}: nothing is lost, `xlt resume {name}` goes on")
    if ended.state == SweepState.INTERRUPTED and ended.open_trials:
        held_up = counted(ended.open_trials, "trial")
        say(f"a machine's faults hold up {held_up}: see `xlt logs {name}`")
    if ended.failed_trials:
        failed = counted(ended.failed_trials, "trial")
        say(f"{failed} failed: `xlt logs {name}` has the errors, and")
        say(f"  `xlt resume {name} --retry-failed` tries them again")
    say(f"again: `xlt results {name}`; every run: `xlt ui {name}`, or")
    say(f"  {way_to_runs(sweep.tracking)}")
    if ended.state not in ENDED_EARLY:
        _report(folder)


def _report(folder: SweepFolder) -> None:
    """Write the report and say where it is; whatever is amiss with it, the sweep is done."""
    from sweeps.interface.reporting import write_report_of

    try:
        say(f"report: {write_report_of([folder])}")
    except Exception as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        say(f"the report could not be written ({said}): `xlt report {folder.called}` tries again")


def exit_code(ended: Ended) -> int:
    """0 done, 1 with failed trials, 3 stopped or cancelled before that, 130 interrupted."""
    if ended.state in ENDED_EARLY:
        return ENDED_EARLY[ended.state]
    return FAILED_TRIALS if ended.failed_trials else DONE
