"""Which failed trials are tried again when a sweep is started once more.

What a machine's fault interrupted has no result and is handed out again by itself (`queue`).
"""

from __future__ import annotations

from collections.abc import Iterable

from sweeps.search.trial import Trial, TrialState


def to_retry(trials: Iterable[Trial], all_failed: bool) -> list[int]:
    """Numbers of the failed trials to be told once more.

    The baseline always, for every gain is against it; the others where the user asks.
    """
    return [
        trial.number
        for trial in trials
        if trial.state == TrialState.FAILED and (all_failed or trial.plan.is_baseline)
    ]
