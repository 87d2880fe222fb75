"""The space of plans: a canonical order, a rank and its inverse, and an encoding.

All of it is arithmetic on indices of steps (`orders`), so that the 986,410 orders of up to nine of
nine tasks cost nothing to hold. `settings` is the same for searched numbers, `candidates` the
product of both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweeps.search.orders import Combinations, Listed, Orders, Permutations, Picks
from sweeps.spec.sweep import Intermediate
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan, Step

Pick = str | int  # a parameter's value: a count, a step, a plan
Choose = Callable[[str, tuple[Pick, ...]], object]


@dataclass(frozen=True)
class PlanSpace:
    """The plans a sweep may propose. The baseline is always the first of them.

    Attributes:
        steps: the steps plans are made of, in the order that lexicographic order means:
            as listed, or by name where the order is `sorted`.
        orders: which tuples of their indices are plans.
    """

    steps: tuple[Step, ...]
    orders: Orders

    @classmethod
    def of(cls, intermediate: Intermediate, allowed: Collection[Step] | None = None) -> PlanSpace:
        """Build the space of a spec.

        Args:
            intermediate: steps, counts and order, or explicit plans.
            allowed: the steps that are left once overlapping ones are excluded; None for all.

        Raises:
            UserMistake: an explicit plan repeats a step, or the order has no such name.
        """
        if intermediate.plans:
            return cls._listed(intermediate.plans, allowed)
        steps = tuple(s for s in dict.fromkeys(intermediate.tasks) if _is_in(s, allowed))
        counts = tuple(sorted({0, *(c for c in intermediate.counts if 0 <= c <= len(steps))}))
        match intermediate.order:
            case "any":
                return cls(steps, Permutations(len(steps), counts))
            case "given":
                return cls(steps, Combinations(len(steps), counts))
            case "sorted":
                return cls(tuple(sorted(steps, key=str)), Combinations(len(steps), counts))
        raise UserMistake(
            Mistake(
                "intermediate.order",
                f"there is no order {intermediate.order!r}",
                "write any, sorted or given",
            )
        )

    @classmethod
    def _listed(cls, texts: tuple[str, ...], allowed: Collection[Step] | None) -> PlanSpace:
        plans = [Plan.parse(text) for text in texts]
        repeats = [plan for plan in plans if len(set(plan.steps)) < len(plan)]
        if repeats:
            raise UserMistake(
                Mistake("intermediate.plans", f"`{plan}` repeats a step", "name each step once")
                for plan in repeats
            )
        kept = [plan for plan in plans if all(_is_in(step, allowed) for step in plan.steps)]
        steps = tuple(dict.fromkeys(step for plan in kept for step in plan.steps))
        index = {step: at for at, step in enumerate(steps)}
        return cls(steps, Listed(tuple(index[step] for step in plan.steps) for plan in kept))

    @property
    def size(self) -> int:
        """Number of plans, the baseline among them."""
        return self.orders.size

    @cached_property
    def _index(self) -> dict[Step, int]:
        return {step: at for at, step in enumerate(self.steps)}

    def __contains__(self, plan: object) -> bool:
        return (
            isinstance(plan, Plan)
            and all(step in self._index for step in plan.steps)
            and self._picks(plan) in self.orders
        )

    def rank(self, plan: Plan) -> int:
        """Position of a plan in canonical order; 0 is the baseline.

        Canonical order is by length, then lexicographic by step; explicit plans stand as listed.

        Raises:
            ValueError: the plan is not in this space.
        """
        if plan not in self:
            raise ValueError(f"`{plan}` is not in this space of {self.size} plans")
        return self.orders.rank(self._picks(plan))

    def unrank(self, rank: int) -> Plan:
        """The plan at `rank`.

        Raises:
            IndexError: `rank` is not in [0, size).
        """
        if not 0 <= rank < self.size:
            raise IndexError(f"no plan has rank {rank} in a space of {self.size}")
        return self._plan(self.orders.unrank(rank))

    def plans(self) -> Iterator[Plan]:
        """Every plan, in canonical order."""
        return (self.unrank(rank) for rank in range(self.size))

    def choices(self) -> dict[str, tuple[Pick, ...]]:
        """The encoding's categorical parameters, every one that may occur, with their values."""
        found: dict[str, tuple[Pick, ...]] = {}

        def longest(name: str, values: tuple[Pick, ...]) -> Pick:
            found[name] = values
            return values[-1]

        self.build(longest)
        return found

    def encode(self, plan: Plan) -> dict[str, Pick]:
        """Write a plan as parameters: `count` and `pick0`, `pick1`, …, or `plan` where listed.

        The baseline has no parameters: it is trial 0 and not the samplers' to find.

        Raises:
            ValueError: the plan is not in this space.
        """
        if plan not in self:
            raise ValueError(f"`{plan}` is not in this space of {self.size} plans")
        if plan.is_baseline:
            return {}
        if isinstance(self.orders, Listed):
            return {"plan": str(plan)}
        picks = {f"pick{place}": str(step) for place, step in enumerate(plan.steps)}
        return {"count": len(plan), **picks}

    def decode(self, params: Mapping[str, Any]) -> Plan:
        """Read a plan from parameters, whatever a sampler drew; `decode(encode(p)) == p`.

        Repair, the same wherever it happens: a step that stands earlier in the plan already gives
        way to the next unused one, cyclically in the order of `steps`; where order does not vary,
        the steps are then put in theirs. No `count` (or `plan`) means the baseline.

        Raises:
            ValueError: a value is none of `choices`.
        """
        if not params.keys() & {"count", "plan"}:
            return Plan()
        return self.build(lambda name, _: params[name])

    def build(self, choose: Choose) -> Plan:
        """Build a plan other than the baseline by asking `choose(name, values)` for each parameter.

        Asks for `count` first, then for as many picks. Repairs as `decode` does. Where there is
        no other plan, it is the baseline after all, and nothing is asked.
        """
        if self.size == 1:
            return Plan()
        if isinstance(self.orders, Listed):
            texts = tuple(str(plan) for plan in self.plans() if not plan.is_baseline)
            return self.unrank(_position("plan", texts, choose) + 1)
        counts = tuple(count for count in self.orders.lengths if count)
        count = counts[_position("count", counts, choose)]
        names = tuple(str(step) for step in self.steps)
        drawn = [_position(f"pick{place}", names, choose) for place in range(count)]
        return self._plan(self.orders.tidy(_without_repeats(drawn, len(self.steps))))

    def _picks(self, plan: Plan) -> Picks:
        return tuple(self._index[step] for step in plan.steps)

    def _plan(self, picks: Picks) -> Plan:
        return Plan(tuple(self.steps[pick] for pick in picks))


def _is_in(step: Step, allowed: Collection[Step] | None) -> bool:
    return allowed is None or step in allowed


def _position(name: str, values: tuple[Pick, ...], choose: Choose) -> int:
    value = choose(name, values)
    if value not in values:
        raise ValueError(f"{name} must be one of {values}, not {value!r}")
    return values.index(value)


def _without_repeats(drawn: list[int], total: int) -> Picks:
    """Move each repeated index on to the next unused one, cyclically."""
    picks: list[int] = []
    for pick in drawn:
        while pick in picks:
            pick = (pick + 1) % total
        picks.append(pick)
    return tuple(picks)
