"""Candidates: a plan with settings. What a trial may try, and when two trials would be the same.

Joins `space` and `settings`; samplers in `samplers/` choose from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sweeps.search.settings import Settings, SettingsSpace
from sweeps.search.space import PlanSpace
from xlt_core.vocabulary.fingerprint import canonical_json
from xlt_core.vocabulary.plan import Plan

Candidate = tuple[Plan, dict[str, Any]]


@dataclass(frozen=True)
class Candidates:
    """All pairs of a plan and settings, plans first in canonical order."""

    plans: PlanSpace
    settings: SettingsSpace = field(default_factory=SettingsSpace)

    @property
    def size(self) -> int | None:
        """Number of pairs; None where a searched field is continuous.

        A few pairs may be the same candidate in `canonical` form.
        """
        settings = self.settings.size
        return None if settings is None else self.plans.size * settings

    def opening(self) -> Candidate:
        """Trial 0: the baseline."""
        return self.canonical(Plan(), self.settings.opening())

    def canonical(self, plan: Plan, settings: Settings) -> Candidate:
        """The one form of all pairs that would train the same."""
        return plan, self.settings.canonical(plan, settings)

    def key(self, plan: Plan, settings: Settings) -> str:
        """Equal for two candidates exactly where they are the same trial."""
        return f"{plan} {canonical_json(dict(settings))}"

    def unrank(self, rank: int) -> Candidate:
        """The pair at `rank`, in canonical form (finite spaces only)."""
        of_plan, of_settings = divmod(rank, self.settings.size or 1)
        return self.canonical(self.plans.unrank(of_plan), self.settings.unrank(of_settings))

    def onwards(self, plan: Plan, settings: Settings) -> Iterator[Candidate]:
        """Every candidate once around, from the given one on.

        Where a field is continuous: every plan, at the given settings.
        """
        size, own = self.settings.size, self.plans.rank(plan)
        if size is None:
            for step in range(self.plans.size):
                rank = (own + step) % self.plans.size
                yield self.canonical(self.plans.unrank(rank), settings)
            return
        start, total = own * size + self.settings.rank(settings), self.plans.size * size
        for step in range(total):
            yield self.unrank((start + step) % total)
