"""Candidates: a plan with settings. What a trial may try, and when two trials would be the same.

Joins `space` and `settings` by what plans take from the settings (`uses`); samplers in `samplers/`
choose from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sweeps.search import sizes
from sweeps.search.settings import SettingsSpace, extent
from sweeps.search.space import PlanSpace
from sweeps.search.uses import Uses, paths
from sweeps.spec.sweep import Settings, Value
from xlt_core.vocabulary.fingerprint import canonical_json
from xlt_core.vocabulary.plan import Plan

Candidate = tuple[Plan, dict[str, Value]]
# The stages that a candidate asks for, by key, each with its optimiser steps.
Costs = Callable[[Plan, Settings], Mapping[str, int]]


@dataclass(frozen=True)
class Candidates:
    """All pairs of a plan and settings, plans first in canonical order.

    Attributes:
        uses: what plans take from the settings; by default, what the layers' names say.
        costs: what a candidate would have computed; None where nobody can tell.
        encoder: the one that all have, where it is not searched; empty where nobody said.
    """

    plans: PlanSpace
    settings: SettingsSpace = field(default_factory=SettingsSpace)
    uses: Uses = None  # type: ignore[assignment]
    costs: Costs | None = field(default=None, compare=False, repr=False)
    encoder: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.uses is None:
            object.__setattr__(self, "uses", Uses.by_layer(self.settings.ranges))

    @property
    def size(self) -> int | None:
        """Number of pairs; None where a searched field is continuous.

        Many pairs may be the same trial: `distinct` counts those.
        """
        settings = self.settings.size
        return None if settings is None else self.plans.size * settings

    def distinct(self) -> int | None:
        """Number of different trials; None where there is no end of them."""
        return sizes.distinct(self.plans, self.settings, self.uses)

    def opening(self) -> Candidate:
        """Trial 0: the baseline."""
        return self.canonical(Plan(), {})

    def canonical(self, plan: Plan, settings: Settings) -> Candidate:
        """The plan with the settings it takes, and no others.

        One that has no value, because it was not searched yet when the trial was proposed, has
        the opening value, as `sweeps.spec.trials` trains it.
        """
        own = self.settings.only(paths(self.uses.plan(plan)))
        return plan, {path: settings.get(path, r.opening) for path, r in own.ranges.items()}

    def key(self, plan: Plan, settings: Settings) -> str:
        """Equal for two candidates exactly where they would train the same."""
        full: Settings = {**self.settings.opening(), **settings}
        taken = {
            f"{origin.field} {[path for path, _ in origin.entries]}": origin.value(full)
            for origin in self.uses.plan(plan)
        }
        return f"{plan} {canonical_json(taken)}"

    def unrank(self, rank: int) -> Candidate:
        """The pair at `rank`, in canonical form (finite spaces only)."""
        of_plan, of_settings = divmod(rank, self.settings.size or 1)
        return self.canonical(self.plans.unrank(of_plan), self.settings.unrank(of_settings))

    def onwards(self, plan: Plan, settings: Settings) -> Iterator[Candidate]:
        """Every candidate once around, from the given one on.

        A few may be the same trial. Where a field is continuous, it stays as given.
        """
        own = self.plans.rank(plan)
        start = self._rank(plan, settings)
        yield from self._of_plan(plan, settings, start)
        for step in range(1, self.plans.size):
            rank = (own + step) % self.plans.size
            yield from self._of_plan(self.plans.unrank(rank), settings)
        yield from self._of_plan(plan, settings, 0, start)

    def _of_plan(
        self, plan: Plan, settings: Settings, start: int = 0, end: int | None = None
    ) -> Iterator[Candidate]:
        """A plan's candidates from rank to rank among its own, the last field varying fastest."""
        finite = self._finite(plan)
        for rank in range(start, (finite.size or 1) if end is None else end):
            yield self.canonical(plan, {**settings, **finite.unrank(rank)})

    def _rank(self, plan: Plan, settings: Settings) -> int:
        return self._finite(plan).rank(self.canonical(plan, settings)[1])

    def _finite(self, plan: Plan) -> SettingsSpace:
        taken = paths(self.uses.plan(plan))
        ranges = self.settings.ranges
        return self.settings.only([path for path in taken if extent(ranges[path]) is not None])
