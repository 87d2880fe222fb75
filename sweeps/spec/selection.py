"""Which targets choose the plan. A target without data of the kind that selects chooses nothing.

Said wherever a choice is shown (`xlt plan`, results, MLflow), so that nobody takes a winner on two
targets for one that both of them chose. Neighbour: `prepare`, which finds what data there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.sweep import Objective, Sweep, Target
from xlt_core.vocabulary.languages import ENGLISH


@dataclass(frozen=True)
class Selection:
    """The targets that take part in choosing, and those that do not, in the spec's order.

    Attributes:
        objective: what selects.
    """

    objective: Objective
    choosing: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def on(self) -> str:
        """What is looked at, in words."""
        kind = "English" if self.objective.languages == "english" else "target-language"
        return f"{kind} {self.objective.split}"

    def sentence(self) -> str:
        """Who chooses and who does not, for people."""
        chosen = f"Chosen on {self.on} of {' and '.join(self.choosing) or 'no target'}"
        if not self.silent:
            return f"{chosen}."
        verb = "takes" if len(self.silent) == 1 else "take"
        return f"{chosen}; {' and '.join(self.silent)} {verb} no part, having none."


def selection(sweep: Sweep, prepared: ResolvedInputs, languages: str | None = None) -> Selection:
    """Who selects in `sweep`, by the data that preflight found.

    Args:
        languages: `english` or `all` in place of what the spec says.
    """
    objective = Objective(sweep.objective.split, languages or sweep.objective.languages)
    targets = [target.task for target in sweep.targets]
    choosing = tuple(one.task for one in sweep.targets if _chooses(one, objective, prepared))
    return Selection(objective, choosing, tuple(name for name in targets if name not in choosing))


def _chooses(target: Target, objective: Objective, prepared: ResolvedInputs) -> bool:
    there = {ref.language for ref in prepared.evaluated(target.task, objective.split)}
    if objective.languages == "english":
        return ENGLISH in there
    return any(target.asks(language) for language in there)
