"""What a trial is worth to the search: one number from its dev scores.

Always read off the objective's split, never the reported one. Tasks weigh alike, then languages,
then seeds (XTREME-R's overall score is an unweighted mean over tasks).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sweeps.spec.sweep import Objective
from xlt_core.vocabulary.scores import mean


def objective_value(scores: Iterable[Mapping[str, Any]], objective: Objective) -> float:
    """Mean over targets of the mean over languages and seeds of the primary dev score, percent.

    Args:
        scores: `scores.json` of every evaluation of the trial (several seeds together).
        objective: its split, and `english` or `all` languages.

    Raises:
        ValueError: no score belongs to the objective.
    """
    return mean(target_scores(scores, objective).values())


def target_scores(scores: Iterable[Mapping[str, Any]], objective: Objective) -> dict[str, float]:
    """What `objective_value` is the mean of: each target's, percent; those without one left out."""
    by_target: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        chosen = objective.languages == "all" or score["language"] == "en"
        if score["split"] == objective.split and chosen:
            by_target[score["task"]].append(float(score["primary"]))
    return {target: mean(values) for target, values in by_target.items()}
