"""Which trial a stage's run hangs under: the first that asks for it. Pure.

Numbers are given in the order of asking, so a later trial never takes a stage from an earlier one:
live, and from the study afterwards, the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sweeps.spec.sweep import Settings, Sweep
from sweeps.spec.trials import paths_asked
from xlt_core.stages import lineage
from xlt_core.store.about import About
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs


class FirstTrials:
    """Numbers of the trials that asked first, by the trained stage's key."""

    def __init__(self, sweep: Sweep, sweep_id: str, prepared: ResolvedInputs) -> None:
        self._sweep, self._id, self._prepared = sweep, sweep_id, prepared
        self._first: dict[str, int] = {}
        self._known: set[int] = set()

    def note(self, number: int, plan: Plan, settings: Settings) -> None:
        """Take a trial into account."""
        if number in self._known:
            return
        self._known.add(number)
        for path in paths_asked(self._sweep, self._prepared, plan, settings):
            for stage in lineage(path.trained):
                self._first[stage.key] = min(number, self._first.get(stage.key, number))

    def note_all(self, trials: Iterable[Trial]) -> None:
        """Take all of these into account."""
        for trial in trials:
            self.note(trial.number, trial.plan, trial.settings)

    def of(self, about: About) -> int | None:
        """The trial under which a stored stage's run hangs; None of another sweep's stage."""
        label: Mapping[str, str] = about.get("executor") or {}
        is_own = label.get("sweep", self._sweep.name) == self._sweep.name
        is_own &= label.get("folder", self._id) == self._id
        return self._first.get(str(about.get("key"))) if is_own else None
