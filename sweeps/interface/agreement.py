"""A spec held against what began under its name: the same, more of the same, or another question.

Whoever runs a sweep asks `agree` whether to go on; `xlt plan` asks `hold` what it would say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeps.report.event_text import counted
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeps.interface.audience import Audience
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
            "rounds": list(self.change.rounds),
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


def claimed(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder) -> Change:
    """Hold the spec against what its study says that it was begun with. Changes and asks nothing.

    Raises:
        UserMistake: the study is another sweep's, or of another question.
    """
    from sweeps.search.claim import agreed_with
    from sweeps.search.study_reader import read_attrs
    from sweeps.spec.stems import blaming
    from xlt_core.vocabulary.address import bare

    with blaming(sweep.where("storage")):
        attrs = read_attrs(sweep.storage, sweep.name)
    return agreed_with(attrs, bare(sweep.storage), sweep, prepared, folder)


def agree(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder, audience: Audience) -> Sweep:
    """The sweep to go on with, once the audience allows what extends it.

    Raises:
        UserMistake: as `hold`, or as `claimed`; or it is not allowed.
    """
    change = hold(sweep, prepared, folder)
    claimed(change.sweep, prepared, folder)  # the driver says what is to be said of it
    for note in (*free(change), *change.notes):
        audience.say(note)
    if change.more:
        audience.allow(sweep, "; ".join(change.more))
    else:
        audience.say(f"{sweep.name} goes on where it was")
    return change.sweep


def _refusal(sweep: Sweep, folder: SweepFolder, change: Change, is_spec: bool) -> list[Mistake]:
    now = "the spec says" if is_spec else "what is there now is"
    found = [difference.mistake(sweep, now) for difference in change.differences]
    what, remedy = "another spec", f"or go on with the old one by `xlt resume {folder.called}`"
    if not is_spec:
        what, remedy = "other data or another encoder", "or put back what it began with"
    what = f"{sweep.name} was begun with {what}"
    return [Mistake(sweep.where("name"), what, f"give the spec another name, {remedy}"), *found]


def free(change: Change) -> list[str]:
    """What changed of how work is carried out, in words."""
    said = {
        f"changed, without changing results: {', '.join(change.free)}": change.free,
        f"changed: {', '.join(change.rounds)}: the same is computed, but rounded otherwise, and "
        "stages from now on differ from earlier ones as seeds do": change.rounds,
    }
    return [text for text, holds in said.items() if holds]
