"""Sizes: how many different trials there are, by arithmetic where plans are too many to go through.

Plans that take the same settings are counted together: step by step, sets of steps are told apart
only by what later counting must know of them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import product

from sweeps.search.orders import ByLength
from sweeps.search.settings import SettingsSpace, extent, values
from sweeps.search.space import PlanSpace
from sweeps.search.uses import Taken, Uses, paths
from sweeps.spec.sweep import Value
from xlt_core.vocabulary.plan import Step

MOST_COUNTED = 100_000  # settings gone through one by one where members of a mixture compete

# Sets of steps: their number by how many steps they have and what they take together.
Sets = Counter[tuple[int, Taken]]


def distinct(plans: PlanSpace, settings: SettingsSpace, uses: Uses) -> int | None:
    """Number of different trials; None where there is no end of them, or no counting them."""
    try:
        if isinstance(plans.orders, ByLength):
            return _by_length(plans.steps, plans.orders, settings, uses)
        return sum(_ways(uses.plan(plan), settings) for plan in plans.plans())
    except _Endless:
        return None


class _Endless(Exception):
    """Some plan takes a setting that is continuous."""


def _by_length(
    steps: tuple[Step, ...], orders: ByLength, settings: SettingsSpace, uses: Uses
) -> int:
    own = _of_one_step_only(steps, uses)
    sets: Sets = Counter({(0, frozenset()): 1})
    for step in steps:
        alone, shared = uses.step(step) & own, uses.step(step) - own
        ways = _ways(alone, settings)
        longer: Sets = Counter()
        for (count, taken), number in sets.items():
            if count < max(orders.counts):
                longer[count + 1, taken | shared] += number * ways
        sets += longer
    return sum(
        number * _orders(orders, count) * _ways(uses.always | taken, settings)
        for (count, taken), number in sets.items()
        if count in orders.counts
    )


def _orders(orders: ByLength, count: int) -> int:
    """In how many orders a set of so many steps may stand."""
    return orders.how_many(count) // math.comb(orders.total, count)


def _of_one_step_only(steps: Iterable[Step], uses: Uses) -> Taken:
    """What a single step takes, of settings that nothing else touches."""
    takers = [uses.always, *map(uses.step, steps)]
    origins: Taken = frozenset().union(*takers)
    count = Counter(path for taken in takers for path in paths(taken))
    joint = paths(origin for origin in origins if len(origin.entries) > 1)
    fixed = paths(uses.always) | joint
    return frozenset(
        origin
        for origin in origins
        if all(count[path] == 1 and path not in fixed for path in origin.searched)
    )


def _ways(taken: Taken, settings: SettingsSpace) -> int:
    """In how many ways the settings can differ in what is taken of them."""
    single = paths(origin for origin in taken if len(origin.entries) == 1)
    competing = [origin for origin in taken if not single.issuperset(origin.searched)]
    bound = paths(competing)
    ways = math.prod(_extent(path, settings) for path in single - bound)
    if not competing:
        return ways
    names = sorted(bound)
    if math.prod(_extent(name, settings) for name in names) > MOST_COUNTED:
        raise _Endless
    seen = [o for o in taken if not bound.isdisjoint(o.searched) and bound.issuperset(o.searched)]
    drawn = (dict(zip(names, one, strict=True)) for one in _settings_of(names, settings))
    return ways * len({tuple(origin.value(one) for origin in seen) for one in drawn})


def _settings_of(names: Iterable[str], settings: SettingsSpace) -> Iterable[tuple[Value, ...]]:
    return product(*(values(settings.ranges[name]) for name in names))


def _extent(path: str, settings: SettingsSpace) -> int:
    found = extent(settings.ranges[path])
    if found is None:
        raise _Endless
    return found
