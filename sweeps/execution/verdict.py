"""What came of a trial, from what came of its stages; and how Ray Tune carries it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sweeps.execution.job import StageOutcome, StageStatus
from sweeps.results.objective import objective_value, target_scores
from sweeps.search.loop import Interrupted
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Objective

OBJECTIVE = "objective"  # the one name that Tune insists on


def verdict(
    objective: Objective, outcomes: Sequence[StageOutcome], beside: Sequence[StageOutcome] = ()
) -> TrialResult | Interrupted:
    """What a trial tells the search.

    One stage that failed of its own fails the trial; one that a machine's fault kept from being
    done interrupts it.

    Args:
        beside: of the baseline that the trial brings along. Where that fails of its own the plan
            has no gain, but its scores stand; it is waited for as the trial's own stages are.
    """
    awaited = [*outcomes, *(outcome for outcome in beside if outcome.status != StageStatus.FAILED)]
    if any(outcome.status != StageStatus.DONE for outcome in awaited):
        failures = _errors(awaited, StageStatus.FAILED)
        if failures:
            return TrialResult.failed(failures)
        return Interrupted(_errors(awaited, StageStatus.INTERRUPTED))
    answers = [outcome.answer for outcome in outcomes if outcome.answer is not None]
    new = [outcome for outcome in awaited if outcome.executed]
    return TrialResult(
        objective_value(answers, objective),
        scores=target_scores(answers, objective),
        seconds=math.fsum(outcome.seconds for outcome in new),
        new_stages=len(new),
    )


def to_report(came: TrialResult | Interrupted) -> dict[str, object]:
    """The last report of a Tune trial: plain values, an objective among them."""
    if isinstance(came, Interrupted):
        return {OBJECTIVE: math.nan, "interrupted": True, "error": came.error}
    value = math.nan if came.objective is None else came.objective
    return {OBJECTIVE: value, "failed": came.objective is None, **came.to_attrs()}


def from_report(report: Mapping[str, Any]) -> TrialResult | Interrupted:
    """Read what `to_report` wrote; of a coordinator that was lost there is no word of ours."""
    error = str(report.get("error") or "")
    if report.get("interrupted") or report.get(OBJECTIVE) is None:
        return Interrupted(error)
    if report.get("failed"):
        return TrialResult.failed(error or "no reason given")
    told = {name: report[name] for name in ("scores", "seconds", "new_stages") if name in report}
    return TrialResult(float(report[OBJECTIVE]), error, **told)


def _errors(outcomes: Sequence[StageOutcome], status: StageStatus) -> str:
    """The errors of all that ended so, each once."""
    return "\n".join(sorted({outcome.error for outcome in outcomes if outcome.status == status}))
