"""What choosing the best of many plans overstates, and what the choice gains honestly.

The plan that looks best is partly the one whose noise was kind. A test set does not cure it: dev
and test scores of one seed are of the same trained model, so what was kind on dev is kind on test.
Seeds that did not choose are: each seed's test gain is that of the plan chosen on the other seeds'
dev (leave one out: Stone 1974, Cross-validatory choice and assessment, JRSS B 36; for "winners",
Andrews, Kitagawa and McCloskey 2024, Inference on Winners, QJE 139).

That is the gain of *choosing in this way with one seed fewer*, which is a little less than that of
the plan chosen on all seeds: it errs on the side of too little, never too much. It does not speak
of one plan where the choices differ (`choices`). With one seed nothing can be had; with two the
choice is made on a single one, and what it gains is well below what the plan chosen on both does.
The interval allows for what the choices share (`dependence`). Not if the plans themselves were
proposed by a search that saw the left-out seeds' scores (TPE): then choose by a sweep of its own.
Bias and coverage in simulated worlds: `tests/benchmarks/curse.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sweeps.statistics.cells import Cell, Cells, axes, shared
from sweeps.statistics.crossed import LEVEL, Estimate, Statement, estimate

Plan = TypeVar("Plan", bound=Hashable)


@dataclass(frozen=True)
class HonestGain(Generic[Plan]):
    """The gain of the plan chosen among `plans`, as it looks and as it is.

    `chosen` on dev of all seeds; `looks`: its mean test gain on the seeds that chose it;
    `estimate`: the test gain of choices made without the seed, None with one seed; `choices` by the
    seed that was left out; `left_out`: plans that have no dev or no test cells.
    """

    chosen: Plan
    looks: float
    estimate: Estimate | None
    choices: Mapping[int, Plan]
    plans: int
    left_out: tuple[Plan, ...]

    @property
    def overstated(self) -> float | None:
        """How much more it looks than choosing gains, in points."""
        return None if self.estimate is None else self.looks - self.estimate.mean

    @property
    def agreement(self) -> int:
        """How many of the choices made without a seed are the plan chosen with all."""
        return sum(one == self.chosen for one in self.choices.values())


def honest_gain(
    dev: Mapping[Plan, Cells],
    test: Mapping[Plan, Cells],
    level: float = LEVEL,
    statement: Statement = Statement.LIKE_THESE,
) -> HonestGain[Plan]:
    """The gain of choosing the best plan on dev, shown on seeds that did not choose.

    Args:
        dev: what plans are chosen by, points by plan, then (language, seed). Choices compare the
            cells that all plans have; of equal plans the first is chosen.
        test: gains in points by plan, then (language, seed); of the baseline, where it is among
            what is chosen from, 0 in every cell.
        level: the confidence wanted.
        statement: of what languages it is to speak.

    Raises:
        ValueError: no plan has dev and test cells, or the plans share no dev cell.
    """
    plans = [plan for plan in dev if dev[plan] and test.get(plan)]
    common = shared(dev[plan] for plan in plans)
    if not common:
        raise ValueError("nothing to choose from: plans share no cell of dev")
    best = _chooser(dev, plans, common)
    choices: dict[int, Plan] = {}
    held_out: dict[Cell, float] = {}
    asked: list[Cell] = []
    seeds = axes(common)[1]
    for seed in seeds if len(seeds) > 1 else []:
        choices[seed] = best(seed)
        held_out |= {c: v for c, v in test[choices[seed]].items() if c[1] == seed}
        asked += [cell for cell in common if cell[1] == seed]
    return HonestGain(
        best(None),
        estimate(test[best(None)]).mean,
        estimate(held_out, level, statement, asked, dependence(len(seeds))) if held_out else None,
        choices,
        len(plans),
        tuple(plan for plan in {**dev, **test} if plan not in plans),
    )


def dependence(seeds: int) -> float:
    """How much more the mean over left-out seeds varies than that of independent ones.

    Any two choices share all seeds but two, so their values go together: Nadeau and Bengio (2003),
    Inference for the generalization error (Machine Learning 52), one part left out of `seeds`.
    """
    return 1 + seeds / (seeds - 1) if seeds > 1 else 1.0


def expected_overstatement(noise: float, plans: int, seeds: int, correlation: float = 1.0) -> float:
    """What the best of `plans` that do not differ looks better than it is, in points, on average.

    The mean of the largest of n independent normal values (David and Nagaraja 2003, Order
    Statistics, section 3.1); plans that differ, or share part of their noise, overstate less.

    Args:
        noise: standard deviation of one plan's mean gain from one seed to the next, points.
        plans: how many are chosen from, at least 1.
        seeds: how many seeds each is averaged over.
        correlation: of dev and test noise of one trained model; 1 if it is shown on what chose it.
    """
    from scipy.integrate import quad  # type: ignore[import-untyped]
    from scipy.special import ndtr  # type: ignore[import-untyped]

    def part(x: float) -> float:
        return x * math.exp(-x * x / 2) * float(ndtr(x)) ** (plans - 1)

    largest = plans / math.sqrt(2 * math.pi) * float(quad(part, -12, 12)[0])
    return correlation * noise * largest / math.sqrt(seeds)


def _chooser(
    dev: Mapping[Plan, Cells], plans: Sequence[Plan], cells: Sequence[Cell]
) -> Callable[[int | None], Plan]:
    """The best plan without a seed: by the mean over languages of the mean over other seeds."""
    import numpy as np

    values = np.array([[dev[plan][cell] for cell in cells] for plan in plans])

    def best(without: int | None) -> Plan:
        seeds_of = Counter(language for language, seed in cells if seed != without)
        # Of a language that has this seed alone nothing is left.
        weights = [0.0 if seed == without else 1 / seeds_of[name] for name, seed in cells]
        return plans[int(np.argmax(values @ np.array(weights)))]

    return best
