"""`xlt logs`: a sweep's journal, one event a line; `--follow` goes on while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Annotated

import typer

from sweeps.cli.interrupts import answering
from sweeps.cli.options import AsJson, SweepName
from sweeps.cli.output import print_json_line, stderr
from sweeps.cli.streams import is_unread
from sweeps.interface.places import find_sweep
from sweeps.report.event_text import error_of, line, worth_showing
from sweeps.spec.files import Files
from sweeps.spec.paths import EVENTS, SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.event_lines import from_line, to_line
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.lines import lines_of


def logs(
    sweep: SweepName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on while it runs.")] = False,
    stage: Annotated[
        str,
        typer.Option("--stage", metavar="KEY", help="Only this stage, by its key's beginning."),
    ] = "",
    trial: Annotated[
        int | None, typer.Option("--trial", min=0, help="Only this trial and its stages.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened in a sweep.

    Oldest first, with whole error messages.
    """
    from sweeps.results.status import is_driven, read_events

    folder = find_sweep(sweep)
    if stage and not any(event.stage.startswith(stage) for event in read_events(folder)):
        raise UserMistake(
            Mistake(f"--stage {stage}", "no stage in the journal has such a key", "see `xlt logs`")
        )
    picks = bool(stage) or trial is not None
    if not folder.files.has(EVENTS) and not follow and not picks:
        stderr().print(f"{sweep} has not started yet: no events")
        return
    found = False
    own = set() if trial is None else stages_of(folder, trial)
    with answering(""):  # who leaves stops nothing
        for event in _events(folder.files, follow, lambda: is_driven(folder)):
            if trial is not None and event.trial == trial:
                own = stages_of(folder, trial)  # it may have been proposed just now
            of_trial = trial is None or event.trial == trial or event.stage in own
            if event.stage.startswith(stage) and of_trial and (as_json or worth_showing(event)):
                _show(event, as_json)
                found = True
            if is_unread():
                return
    if picks and not found:
        raise UserMistake(_nothing_of(trial, stage, read_events(folder)))


def stages_of(folder: SweepFolder, trial: int) -> set[str]:
    """Keys of all that a trial asks for; none where study or spec cannot tell: then above all is
    the journal looked at."""
    from sweeps.results.status import read_sweep
    from sweeps.spec.trials import paths_asked
    from xlt_core.stages import lineage

    try:
        sweep, prepared, trials = read_sweep(folder)
    except UserMistake:
        return set()
    if prepared is None:
        return set()
    return {
        stage.key
        for one in trials
        if one.number == trial
        for path in paths_asked(sweep, prepared, one.plan, one.settings)
        for stage in (*lineage(path.trained), *path.evaluations)
    }


def _nothing_of(trial: int | None, stage: str, events: Sequence[Event]) -> Mistake:
    """What was asked for of a journal that has nothing of it, and what it has."""
    asked = [f"--stage {stage}"] * bool(stage) + [f"--trial {trial}"] * (trial is not None)
    numbers = {event.trial for event in events if event.trial is not None}
    if trial not in numbers and trial is not None:
        there = f"it has trials {spans(numbers)}" if numbers else "no trial has begun"
        return Mistake(f"--trial {trial}", "the journal has no such trial", there)
    what = "no event in the journal is both of this stage and of this trial or its stages"
    return Mistake(" ".join(asked), what, "give one of the two")


def spans(numbers: Collection[int]) -> str:
    """Numbers in order, those without a gap as `0…5`."""
    starts = sorted(number for number in numbers if number - 1 not in numbers)
    ends = sorted(number for number in numbers if number + 1 not in numbers)
    pairs = zip(starts, ends, strict=True)
    return ", ".join(f"{a}" if a == b else f"{a}…{b}" for a, b in pairs)


def _show(event: Event, as_json: bool) -> None:
    if as_json:
        print_json_line(to_line(event))
        return
    print(f"{line(event)}{f'  [{event.stage[:12]}]' if event.stage else ''}", flush=True)
    for more in list(lines_of(error_of(event).strip()))[1:]:
        print(f"         {more}", flush=True)


def _events(files: Files, follow: bool, running: Callable[[], bool]) -> Iterator[Event]:
    """Events of the journal, and what comes while `running` says so; torn lines are left out."""
    place = 0
    while True:
        last_round = not (follow and running())
        text, place = files.read_from(EVENTS, place)
        for whole in lines_of(text):
            try:
                yield from_line(whole)
            except ValueError:
                continue
        if last_round:
            return
        time.sleep(files.pause)  # the driver is another process; there is no event to await
