"""A trial's coordinator: a light Tune trial that asks for stages and awaits their scores.

It computes nothing. Reused for trial after trial; survives the death of the stage service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ray import tune

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import DONE, STOPPED, Assignment, Outcome
from sweeps.execution.objective import objective_value
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import TrialPath, paths_of_trial
from xlt_core.vocabulary.plan import Plan


class Coordinator(tune.Trainable):
    """One trial at a time: plan in, objective out."""

    def setup(self, config: dict[str, Any], assignment: Assignment | None = None) -> None:
        """Tune's entry; `assignment` comes from `tune.with_parameters`."""
        if assignment is None:
            raise ValueError("a coordinator needs its assignment")
        self._assignment = assignment
        self._client = ServiceClient(assignment.job)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial without a new process."""
        return True

    def step(self) -> dict[str, Any]:
        """Await every stage of the trial; report its objective, its error or its interruption."""
        number, settings = self.config["number"], self.config["settings"]
        known = self._assignment
        paths = paths_of_trial(
            known.sweep, known.prepared, Plan.parse(self.config["plan"]), settings
        )
        stages = [stage for path in paths for stage in path.evaluations]
        outcomes = self._client.compute(number, stages)
        return {**verdict(known.sweep, paths, outcomes), "number": number, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to keep: the study and the store are the only truths."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing was kept."""


def verdict(
    sweep: Sweep, paths: Sequence[TrialPath], outcomes: Sequence[Outcome]
) -> Mapping[str, Any]:
    """What the trial tells the search: `objective`, or `failed` with `error`, or `interrupted`."""
    if all(outcome.status == DONE for outcome in outcomes):
        scores = [outcome.scores for outcome in outcomes if outcome.scores is not None]
        return {
            "objective": objective_value(scores, sweep.objective),
            "executed": sum(outcome.executed for outcome in outcomes),
        }
    errors = sorted({o.error for o in outcomes if o.status not in (DONE, STOPPED)})
    if not errors:
        return {"interrupted": True, "objective": float("nan")}
    return {"failed": True, "error": "\n".join(errors), "objective": float("nan")}
