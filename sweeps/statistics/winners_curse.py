"""What choosing the best of many plans overstates, and what the choice gains honestly.

The plan that looks best is partly the one whose noise was kind. A test set does not cure it: dev
and test scores of one seed are of the same trained model, so what was kind on dev is kind on test.
Seeds that did not choose are: each seed's test gain is that of the plan chosen on the other seeds'
dev (leave one out: Stone 1974, Cross-validatory choice and assessment, JRSS B 36; for "winners",
Andrews, Kitagawa and McCloskey 2024, Inference on Winners, QJE 139). *For languages like these* a
language must not have chosen either: a plan that suits these ten is not better in an eleventh. So
each cell's gain is that of the plan chosen on the dev of other seeds in other languages.

That is the gain of *choosing in this way with one seed (and language) fewer*, which is a little
less than that of the plan chosen on all: it errs on the side of too little, never too much. It does
not speak of one plan where the choices differ (`choices`). With one seed nothing can be had; with
two the choice is made on a single one, and what it gains is well below what the plan chosen on both
does. The interval allows for what the choices share (`dependence`). Not if the plans themselves
were proposed by a search that saw the left-out seeds' scores (TPE): then choose by a sweep of its
own. Bias and coverage in simulated worlds: `tests/benchmarks/curse.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from sweeps.statistics.cells import Cell, Cells, axes, shared
from sweeps.statistics.crossed import LEVEL, Estimate, Statement, estimate

Plan = TypeVar("Plan", bound=Hashable)


@dataclass(frozen=True)
class HonestGain(Generic[Plan]):
    """The gain of the plan chosen among `plans`, as it looks and as it is.

    `chosen` on dev of all `seeds`; `looks`: its mean test gain on the seeds that chose it;
    `estimate`: the test gain of choices made without the seed (and language), None with one seed,
    or one language; `overstated`: how much more the chosen plan looks than that, over the same
    cells; `choices` by the cell that they are shown in: not in the only language that chooses;
    `left_out`: plans that have no dev or no test cells.
    """

    chosen: Plan
    looks: float
    estimate: Estimate | None
    overstated: float | None
    choices: Mapping[Cell, Plan]
    plans: int
    seeds: int
    left_out: tuple[Plan, ...]

    @property
    def obstacle(self) -> str | None:
        """Why there is no interval, in words; None where there is one."""
        if self.estimate is not None:
            return self.estimate.obstacle
        return "one seed" if self.seeds == 1 else "one language"

    @property
    def agreement(self) -> int:
        """How many of the choices made without it are the plan chosen with all."""
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
    seeds = axes(common)[1]
    asked: list[Cell] = []
    choices: dict[Cell, Plan] = {}
    for cell in sorted({cell for plan in plans for cell in test[plan] if cell[1] in seeds}):
        choice = best(cell[0] if statement == Statement.LIKE_THESE else None, cell[1])
        if choice is not None:
            asked.append(cell)
        if choice is not None and cell in test[choice]:
            choices[cell] = choice
    chosen = best(None, None)
    assert chosen is not None
    return HonestGain(
        chosen,
        estimate(test[chosen]).mean,
        _shown(test, choices, level, statement, asked, axes(common)),
        _overstated(test, choices, chosen),
        choices,
        len(plans),
        len(seeds),
        tuple(plan for plan in {**dev, **test} if plan not in plans),
    )


def _shown(
    test: Mapping[Plan, Cells],
    choices: Mapping[Cell, Plan],
    level: float,
    statement: Statement,
    asked: Sequence[Cell],
    chose: tuple[list[str], list[int]],
) -> Estimate | None:
    """The gain of what was chosen without each cell, in that cell."""
    gains = {cell: test[plan][cell] for cell, plan in choices.items()}
    inflation = dependence(len(chose[0])), dependence(len(chose[1]))
    return estimate(gains, level, statement, asked, inflation) if gains else None


def _overstated(
    test: Mapping[Plan, Cells], choices: Mapping[Cell, Plan], chosen: Plan
) -> float | None:
    """The mean of what the chosen plan has more, in the cells that both have."""
    more = {
        cell: test[chosen][cell] - test[plan][cell]
        for cell, plan in choices.items()
        if cell in test[chosen]
    }
    return estimate(more).mean if more else None


def dependence(parts: int) -> float:
    """How much more the mean over left-out seeds, or languages, varies than of independent ones.

    Any two choices share all `parts` but two, so their values go together: Nadeau and Bengio
    (2003), Inference for the generalization error (Machine Learning 52), one part left out.
    """
    return 1 + parts / (parts - 1) if parts > 1 else 1.0


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
) -> Callable[[str | None, int | None], Plan | None]:
    """The best plan without a language and a seed; None where nothing is left to choose by.

    By the mean over languages of the mean over seeds.
    """
    import numpy as np

    values = np.array([[dev[plan][cell] for cell in cells] for plan in plans])

    @cache
    def best(language: str | None, seed: int | None) -> Plan | None:
        left = [name != language and number != seed for name, number in cells]
        seeds_of = Counter(name for (name, _), kept in zip(cells, left, strict=True) if kept)
        if not seeds_of:
            return None
        weights = [
            1 / seeds_of[name] if kept else 0.0 for (name, _), kept in zip(cells, left, strict=True)
        ]
        return plans[int(np.argmax(values @ np.array(weights)))]

    return best
