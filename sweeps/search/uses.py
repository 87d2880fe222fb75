"""Uses: what the training of a plan takes from the searched settings.

A trial is what it trains. Two settings that give every stage of a plan the same recipe are one
trial, and a setting that no stage of a plan takes is no setting of it. Next: `candidates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sweeps.spec.recipes import Origin, Origins, step_origins, target_origins
from sweeps.spec.sweep import Range, Sweep
from xlt_core.vocabulary.plan import Plan, Step

Taken = frozenset[Origin]  # searched recipe fields, each once however many stages have it

_INTERMEDIATE = "recipe.train."


@dataclass(frozen=True)
class Uses:
    """What is taken by whom.

    Attributes:
        always: by the targets' own training, which every plan ends with.
        by_step: by each step on its own.
        by_others: by any other step.
    """

    always: Taken = frozenset()
    by_step: Mapping[Step, Taken] = field(default_factory=dict, hash=False)
    by_others: Taken = frozenset()

    @classmethod
    def of(cls, sweep: Sweep) -> Uses:
        """As the recipes of the sweep's steps and targets say."""
        targets = (target_origins(sweep, target.task).values() for target in sweep.targets)
        encoder = {"encoder": Origin("encoder", (("encoder", sweep.encoder),))}
        return cls(
            _searched([encoder, *(origins for stages in targets for origins in stages)]),
            {step: _searched([step_origins(sweep, step)]) for step in sweep.intermediate.tasks},
        )

    @classmethod
    def by_layer(cls, ranges: Mapping[str, Range]) -> Uses:
        """As where no task has a layer of its own: `recipe.train` is every step's."""
        origins = {
            path: Origin(path.rpartition(".")[2], ((path, range_),))
            for path, range_ in ranges.items()
        }
        steps = frozenset(o for path, o in origins.items() if path.startswith(_INTERMEDIATE))
        return cls(always=frozenset(origins.values()) - steps, by_others=steps)

    def step(self, step: Step) -> Taken:
        """What one step takes."""
        return self.by_step.get(step, self.by_others)

    def plan(self, plan: Plan) -> Taken:
        """What a whole plan takes, its targets' training included."""
        return self.always.union(*map(self.step, plan.steps))

    def common(self, steps: Iterable[Step]) -> Taken:
        """What every plan of `steps`, but for the baseline, takes."""
        taken = [self.step(step) for step in steps]
        return self.always | (frozenset.intersection(*taken) if taken else frozenset())


def paths(taken: Iterable[Origin]) -> set[str]:
    """The dotted paths of the settings that are taken."""
    return {path for origin in taken for path in origin.deciding}


def _searched(stages: Iterable[Origins]) -> Taken:
    return frozenset(_with_a_range(origin for stage in stages for origin in stage.values()))


def _with_a_range(origins: Iterable[Origin]) -> Iterator[Origin]:
    return (origin for origin in origins if origin.deciding)
