"""A spec held against what began under its name: the same, more of the same, or another question.

`run` and `resume` ask `agree` whether to go on; `plan` asks `hold` what they would say.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from sweeps.cli.event_text import counted
from sweeps.cli.faults import DONE, say
from sweeps.cli.output import stderr
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeps.search.trial import Trial
    from sweeps.spec.compare import Change
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep


@dataclass(frozen=True)
class Begun:
    """What began under a spec's name, and what running the spec would make of it.

    Attributes:
        ended: trials that have finished or failed.
        asked: trials that were proposed.
    """

    change: Change
    ended: int
    asked: int

    def sentence(self, command: str) -> str:
        """What `command` would do, for people."""
        done = f"{self.change.sweep.name} has begun, {counted(self.ended, 'trial')} done"
        if self.change.more:
            more = "; ".join(self.change.more)
            return f"{done}: {command} asks (-y: does not) and extends it: {more}."
        return f"{done}: {command} goes on where it was."

    def to_json(self) -> dict[str, object]:
        """The form that `xlt plan --json` prints."""
        return {
            "kind": self.change.kind,
            "trials": {"asked": self.asked, "done": self.ended},
            "more": list(self.change.more),
            "free": list(self.change.free),
            "notes": list(self.change.notes),
        }


def begun(change: Change, trials: Sequence[Trial]) -> Begun:
    """What `plan` shows of a sweep that has begun with these trials."""
    from sweeps.search.trial import TrialState

    return Begun(change, sum(trial.state != TrialState.RUNNING for trial in trials), len(trials))


def hold(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder) -> Change:
    """Hold the spec against the sweep that was started in `folder`. Changes and asks nothing.

    Raises:
        UserMistake: it is another question under the same name; shows every difference.
    """
    from sweeps.spec.compare import compare
    from sweeps.spec.inputs import planned
    from sweeps.spec.stored import read_stored_spec

    before, stored = planned(folder), read_stored_spec(folder)
    # Inputs are written before the spec: those of an extension that came no further are not its.
    known = before.asked_by(stored).identity() if before else None
    change = compare(stored, sweep, known, prepared.identity() if known else None)
    if change.differences:
        is_spec = bool(compare(stored, sweep).differences)
        raise UserMistake(_refusal(sweep, folder, change, is_spec))
    return change


def agree(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder, yes: bool) -> Sweep:
    """The sweep to go on with; asks before one is extended, unless `yes` answers.

    Raises:
        UserMistake: as `hold`; or somebody would have to be asked, and nobody can answer.
        typer.Exit: the answer was no.
    """
    change = hold(sweep, prepared, folder)
    for note in (*free(change), *change.notes):
        say(note)
    if not change.more:
        say(f"{sweep.name} goes on where it was")
        return change.sweep
    more = "; ".join(change.more)
    if not yes and not _can_answer():
        what = f"{sweep.name} has begun and would be extended: {more}"
        remedy = "add -y (--yes): no terminal can answer here; or give the spec another name"
        raise UserMistake(Mistake(sweep.where("name"), what, remedy))
    say(f"{sweep.name} is extended: {more}")
    if not yes and not typer.confirm("go on?", default=True, err=True):
        say(f"left as it was: {sweep.name} is not extended")
        raise typer.Exit(DONE)
    return change.sweep


def _can_answer() -> bool:
    """Whether somebody sees a question, which goes to stderr, and can answer it."""
    return sys.stdin is not None and sys.stdin.isatty() and stderr().is_terminal


def _refusal(sweep: Sweep, folder: SweepFolder, change: Change, is_spec: bool) -> list[Mistake]:
    now = "the spec says" if is_spec else "what is there now is"
    found = [difference.mistake(sweep, now) for difference in change.differences]
    what, remedy = "another spec", f"or go on with the old one by `xlt resume {folder.called}`"
    if not is_spec:
        what, remedy = "other data or another encoder", "or put back what it began with"
    what = f"{sweep.name} was begun with {what}"
    return [Mistake(sweep.where("name"), what, f"give the spec another name, {remedy}"), *found]


def free(change: Change) -> list[str]:
    """What changed that changes no result, in words."""
    return [f"changed, without changing results: {', '.join(change.free)}"] if change.free else []
