"""Parameters: candidates as Optuna writes them, for its samplers and its dashboards.

The truth of a row is its plan and settings (see `study`); these are another writing of the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sweeps.search.candidates import Candidates
from sweeps.search.settings import label
from sweeps.search.words import words_of
from sweeps.spec.sweep import Range, Settings
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def distributions(candidates: Candidates) -> dict[str, BaseDistribution]:
    """The distribution of every parameter that may occur, by name."""
    from optuna.distributions import CategoricalDistribution

    plans = candidates.plans.choices().items()
    own = {name: CategoricalDistribution(values) for name, values in plans}
    ranges = candidates.settings.ranges.items()
    return own | {path: distribution(range_) for path, range_ in ranges}


def distribution(range_: Range) -> BaseDistribution:
    """The distribution of one searched field."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if range_.kind == "choice":
        return CategoricalDistribution([label(choice) for choice in range_.choices])
    if range_.kind == "int":
        return IntDistribution(int(range_.low), int(range_.high))
    return FloatDistribution(range_.low, range_.high, log=range_.kind == "log")


def words(candidates: Candidates, plan: Plan, settings: Settings) -> dict[str, str | int]:
    """What a candidate is, in the words of MLflow's params: for dashboards, by no one read back.

    Parameters cannot say it: the baseline has none, and a step's place is no order.
    """
    encoder = settings.get("encoder", candidates.encoder)
    said = {"encoder": label(encoder)} if encoder else {}
    return {**words_of([str(step) for step in plan.steps]), **said}


def parameters(candidates: Candidates, plan: Plan, settings: Settings) -> Mapping[str, object]:
    """A candidate's parameters by name; choices as their labels.

    Settings the plan does not take are none of it, and a plan proposed when the space was
    another has none of this one's for its steps.
    """
    ranges = candidates.settings.ranges
    own = {
        path: label(value) if ranges[path].kind == "choice" else value
        for path, value in candidates.canonical(plan, settings)[1].items()
    }
    return (candidates.plans.encode(plan) if plan in candidates.plans else {}) | own
