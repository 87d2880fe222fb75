"""`xlt run`: run a sweep, go on with it, or extend it. Shows what it found when it ends.

`agreement` holds the spec against the sweep of that name; `carry_out`, which `resume` shares, runs
it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sweeps.cli.agreement import agree
from sweeps.cli.faults import DONE, FAILED_TRIALS, ON_REQUEST, say
from sweeps.cli.interrupts import INTERRUPTED, answering
from sweeps.cli.options import Folder, Overrides, SpecFile
from sweeps.cli.output import stdout, unheard
from sweeps.cli.places import folder_of, placed, refuse_a_foreign_folder
from sweeps.processes import uncollected
from sweeps.results.states import SweepState
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.execution.driver import Ended
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep

ENDED_EARLY = {
    SweepState.INTERRUPTED: INTERRUPTED,
    SweepState.STOPPED: ON_REQUEST,
    SweepState.CANCELLED: ON_REQUEST,
}
STOPPING = "interrupted: running stages keep a checkpoint; once more to leave at once"

Address = Annotated[
    str | None, typer.Option("--address", help="A Ray cluster's address; without: here.")
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
    from sweeps.spec.addresses import require_passwords
    from sweeps.spec.inputs import planned
    from sweeps.spec.prepare import prepare
    from sweeps.spec.read import read_spec

    sweep = with_workers(read_spec(spec, overrides or []), workers)
    require_passwords(sweep)
    place = folder_of(sweep.name, folder)
    sweep = placed(sweep, place)
    refuse_a_foreign_folder(place, sweep.name)
    refuse_a_second_driver(place)
    require_reach(address)
    say(f"{sweep.name}: opening data and encoder")
    with uncollected():
        prepared = prepare(sweep, planned(place))
    if place.exists:
        sweep = agree(sweep, prepared, place, yes)
    carry_out(sweep, prepared, place, address, retry_failed)


def with_workers(sweep: Sweep, workers: int | None) -> Sweep:
    """The sweep with another number of workers, which changes no result."""
    if workers is None:
        return sweep
    return replace(sweep, execution=replace(sweep.execution, workers=workers))


def refuse_a_second_driver(folder: SweepFolder) -> None:
    """Raise UserMistake where the sweep is being run already."""
    from sweeps.results.status import is_driven

    if is_driven(folder):
        name = folder.called
        raise UserMistake(
            Mistake(
                folder.name,
                "is being run by another process",
                f"watch it with `xlt status {name}` or `xlt logs {name} --follow`; "
                f"`xlt stop {name}` ends it",
            )
        )


def require_reach(address: str | None) -> None:
    """Raise UserMistake where nothing listens at a cluster's address, before anything is opened."""
    if address is not None:
        from sweeps.execution.address import reached

        reached(address)


def require_shared(sweep: Sweep, folder: SweepFolder) -> None:
    """Raise UserMistake where nothing but this process would see what a sweep leaves."""
    places = {sweep.where("store"): sweep.store, "the sweep's folder": str(folder.place)}
    alone = [where for where, place in places.items() if place.startswith("memory://")]
    if alone:
        what = "memory:// is this process's alone: workers and the next command have another"
        raise UserMistake([Mistake(where, what, "name a folder, or s3://…") for where in alone])


def carry_out(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    address: str | None,
    retry_failed: bool = False,
) -> None:
    """Run to the end with progress, print what was found, exit as the sweep ended.

    Raises:
        typer.Exit: always, with `exit_code`.
        UserMistake: what `run_sweep` raises.
    """
    from sweeps.cli.plan import cautions_of, forecast_of, known_trials
    from sweeps.cli.progress import ProgressDisplay, summary
    from sweeps.execution.driver import run_sweep
    from sweeps.results.rows import overlap_texts
    from sweeps.results.status import lacks_scores
    from sweeps.search.retry import to_retry
    from sweeps.search.trial import TrialState
    from sweeps.spec.stems import blaming
    from xlt_core.data.encoding import check_writable
    from xlt_core.store import Store

    require_shared(sweep, folder)
    with blaming(sweep.where("store")):
        Store(sweep.store).check()
    check_writable(folder.cache)
    before = known_trials(sweep)
    expected = forecast_of(sweep, prepared, before)
    say(expected.sentence())
    for text in (*cautions_of(sweep, prepared), *overlap_texts(prepared), *prepared.notes):
        say(text)
    revisit = lacks_scores(sweep, prepared, before)
    again = to_retry(before, retry_failed)
    if again:
        say(f"{len(again)} failed trials are tried again")
    ended = sum(trial.state != TrialState.RUNNING for trial in before) - len(again)
    ended_before = 0 if revisit else ended
    with answering(STOPPING), ProgressDisplay(expected.trials, ended_before) as progress:
        how = run_sweep(sweep, prepared, folder, progress.observe, address, revisit, retry_failed)
    with unheard():  # a sweep ends as it ended, whoever has left before it could be told
        say(summary(progress.tally))
        conclude(sweep, folder, how)
    raise typer.Exit(exit_code(how))


def conclude(sweep: Sweep, folder: SweepFolder, ended: Ended) -> None:
    """Print what was found to stdout, and to stderr what can be done next."""
    from sweeps.cli.event_text import counted
    from sweeps.cli.ui import way_to_runs
    from sweeps.report.render import results_report
    from sweeps.results.rows import read_results

    name = folder.called
    stdout().print(results_report(read_results(folder)))
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


def exit_code(ended: Ended) -> int:
    """0 done, 1 with failed trials, 3 stopped or cancelled before that, 130 interrupted."""
    if ended.state in ENDED_EARLY:
        return ENDED_EARLY[ended.state]
    return FAILED_TRIALS if ended.failed_trials else DONE
