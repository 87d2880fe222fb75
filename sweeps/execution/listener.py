"""Tune's word on trials, turned into events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray import tune

from xlt_core.vocabulary.events import Event


class TrialListener(tune.Callback):
    """Tells `note` when a trial starts and how it ended."""

    def __init__(self, note: Callable[[Event], None]) -> None:
        self._note = note

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks for `Tuner.restore`, which is not used: leave out the ear."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tune's hook."""
        self._tell("trial_started", trial)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tune's hook."""
        result = trial.last_result or {}
        if result.get("interrupted"):
            self._tell("trial_interrupted", trial)
        elif result.get("failed"):
            self._tell("trial_failed", trial, error=result.get("error", ""))
        else:
            self._tell("trial_finished", trial, objective=result.get("objective"))

    def _tell(self, kind: str, trial: Any, **fields: Any) -> None:
        config = trial.config
        fields |= {"plan": config["plan"], "settings": config["settings"]}
        self._note(Event(kind, trial=config["number"], fields=fields))
