"""A trial's coordinator: a light Tune trial that asks for stages and awaits their scores.

It computes nothing. Reused for trial after trial; survives the death of the stage service.
"""

from __future__ import annotations

from ray import tune

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import Assignment, described
from sweeps.execution.verdict import to_report, verdict
from sweeps.search.loop import Interrupted
from sweeps.search.trial import TrialResult
from sweeps.spec.trials import baseline_beside, paths_of_trial
from xlt_core.plugins import require_same
from xlt_core.vocabulary.errors import is_machines_fault
from xlt_core.vocabulary.plan import Plan


class Coordinator(tune.Trainable):
    """One trial at a time: plan in, objective out."""

    def setup(self, config: dict[str, object], assignment: Assignment | None = None) -> None:
        """Tune's entry; `assignment` comes from `tune.with_parameters`."""
        if assignment is None:
            raise ValueError("a coordinator needs its assignment")
        self._assignment = assignment
        self._client = ServiceClient(assignment.job)

    def reset_config(self, new_config: dict[str, object]) -> bool:
        """Take the next trial without a new process."""
        return True

    def step(self) -> dict[str, object]:
        """Await every stage of the trial; report its result or its interruption."""
        try:
            came = self._came()
        except Exception as error:  # else Tune would try again what is bound to fail again
            told = described(error)
            came = Interrupted(told) if is_machines_fault(error) else TrialResult.failed(told)
        return {**to_report(came), "number": self.config["number"], "done": True}

    def _came(self) -> TrialResult | Interrupted:
        known, config = self._assignment, self.config
        require_same(known.job.plugins, known.job.code)
        plan = Plan.parse(config["plan"])
        asked = (known.sweep, known.prepared, plan, config["settings"])
        own, beside = (
            [stage for path in paths_of(*asked) for stage in path.evaluations]
            for paths_of in (paths_of_trial, baseline_beside)
        )
        outcomes = self._client.compute(config["number"], [*own, *beside])
        return verdict(known.sweep.objective, outcomes[: len(own)], outcomes[len(own) :])

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to keep: the study and the store are the only truths."""

    def load_checkpoint(self, checkpoint: object) -> None:
        """Nothing was kept."""
