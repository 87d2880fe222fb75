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
        is_on_targets: whether target languages are to choose, and not English alone has data.
    """

    objective: Objective
    choosing: tuple[str, ...]
    silent: tuple[str, ...]
    is_on_targets: bool = False

    @property
    def on(self) -> str:
        """What is looked at, in words."""
        kind = "target-language" if self.is_on_targets else "English"
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
    languages_of = {one.task: _choosing(one, objective, prepared) for one in sweep.targets}
    choosing = tuple(task for task, languages in languages_of.items() if languages)
    silent = tuple(task for task in languages_of if task not in choosing)
    is_english = set().union(*languages_of.values()) == {ENGLISH}
    on_targets = objective.languages == "all" and not is_english
    return Selection(objective, choosing, silent, on_targets)


def only_english(sweep: Sweep, prepared: ResolvedInputs) -> str:
    """A sentence where nothing could select but English; empty where another language can."""
    if selection(sweep, prepared, "all").is_on_targets:
        return ""
    split = sweep.objective.split
    return (
        f"Of the targets' languages only English has {split} data: nothing is selected on target "
        "languages."
    )


def _choosing(target: Target, objective: Objective, prepared: ResolvedInputs) -> set[str]:
    """The languages of a target that select."""
    there = {ref.language for ref in prepared.evaluated(target.task, objective.split)}
    if objective.languages == "english":
        return there & {ENGLISH}
    return {language for language in there if target.asks(language)}
