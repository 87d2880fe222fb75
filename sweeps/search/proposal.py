"""A proposal: the plan and settings of one trial, under its number. `queue` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan


@dataclass(frozen=True)
class Proposal:
    """What trial `number` is to find out.

    Attributes:
        number: 0, 1, …; 0 is the baseline. The same in the study, in MLflow and in reports.
        settings: values of the searched fields by dotted path (`recipe.train.learning_rate`).
    """

    number: int
    plan: Plan
    settings: Settings = field(default_factory=dict, hash=False)

    def to_config(self) -> dict[str, object]:
        """The form Tune carries to the coordinator: plain values only."""
        return {"number": self.number, "plan": str(self.plan), "settings": dict(self.settings)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Proposal:
        """Read what `to_config` wrote."""
        return cls(config["number"], Plan.parse(config["plan"]), dict(config["settings"]))
