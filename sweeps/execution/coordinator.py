"""A trial's coordinator: a light Tune trial that asks for stages and awaits their scores.

It computes nothing. Reused for trial after trial; survives the death of the stage service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ray import tune

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import DONE, FAILED, INTERRUPTED, Assignment, Outcome, described
from sweeps.report.objective import objective_value
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import baseline_beside, paths_of_trial
from xlt_core.vocabulary.errors import is_machines_fault
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
        try:
            found = self._found()
        except Exception as error:  # else Tune would try again what is bound to fail again
            found = unfinished(described(error), is_machines_fault(error))
        return {**found, "number": self.config["number"], "done": True}

    def _found(self) -> Mapping[str, Any]:
        known, config = self._assignment, self.config
        plan = Plan.parse(config["plan"])
        asked = (known.sweep, known.prepared, plan, config["settings"])
        own, beside = (
            [stage for path in paths_of(*asked) for stage in path.evaluations]
            for paths_of in (paths_of_trial, baseline_beside)
        )
        outcomes = self._client.compute(config["number"], [*own, *beside])
        return verdict(known.sweep, outcomes[: len(own)], outcomes[len(own) :])

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to keep: the study and the store are the only truths."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing was kept."""


def verdict(
    sweep: Sweep, outcomes: Sequence[Outcome], beside: Sequence[Outcome] = ()
) -> Mapping[str, Any]:
    """What the trial tells the search: `objective`, or `failed` or `interrupted` with `error`.

    One stage that failed of its own fails the trial; one that a machine's fault kept from being
    done interrupts it.

    Args:
        beside: of the baseline that the trial brings along. Where that fails of its own the plan
            has no gain, but its scores stand; it is waited for as the trial's own stages are.
    """
    awaited = [*outcomes, *(outcome for outcome in beside if outcome.status != FAILED)]
    if all(outcome.status == DONE for outcome in awaited):
        scores = [outcome.answer for outcome in outcomes if outcome.answer is not None]
        return {
            "objective": objective_value(scores, sweep.objective),
            "executed": sum(outcome.executed for outcome in awaited),
        }
    errors = {
        machine: sorted({o.error for o in awaited if _ended_badly(o, machine)})
        for machine in (False, True)
    }
    machine = not errors[False]
    return unfinished("\n".join(errors[machine]), machine)


def unfinished(error: str, machine: bool) -> Mapping[str, Any]:
    """What a trial without an objective tells: whether it was a machine's fault, or nobody's."""
    return {("interrupted" if machine else "failed"): True, "error": error, "objective": math.nan}


def _ended_badly(outcome: Outcome, machine: bool) -> bool:
    return outcome.status == (INTERRUPTED if machine else FAILED)
