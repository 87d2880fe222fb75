"""Which work goes to which worker: decisions only, no Ray, no clock.

Highest priority first; bundled stages, which are evaluations, before others at equal priority (they
finish what is begun); among idle workers the one that already holds most of the parents' weights.
Stages of a bundle travel together, so that what they start from is loaded once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sweeps.execution.job import Shape
from xlt_core.stages import Stage

LARGEST_BUNDLE = 32
SMALLEST_SHARE = 8


@dataclass(frozen=True)
class Ready:
    """A stage that could start now. Smaller `priority` goes first; `order` breaks ties.

    Attributes:
        shunned: workers that shall not have it.
    """

    stage: Stage
    priority: int
    order: int
    shape: Shape
    shunned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Dispatch:
    """A bundle of stages for one worker, to be run in this order."""

    worker: str
    stages: tuple[Stage, ...]


def assign(
    ready: Iterable[Ready],
    idle: Mapping[str, Shape],
    cached_keys: Mapping[str, Collection[str]],
) -> list[Dispatch]:
    """Pair ready work with idle workers.

    Args:
        ready: all that could start.
        idle: idle workers by name.
        cached_keys: for each worker the keys of the weights it has in memory.
    """
    free = dict(idle)
    groups = _groups(ready)
    assignments: list[Dispatch] = []
    while free and groups:
        group = groups.pop(0)
        shunned = frozenset().union(*(item.shunned for item in group))
        fitting = [n for n, shape in free.items() if shape == group[0].shape and n not in shunned]
        if not fitting:
            continue
        needed = {parent.key for parent in group[0].stage.parents}
        worker = max(fitting, key=lambda name: len(needed.intersection(cached_keys.get(name, ()))))
        taken, rest = _share(group, len(fitting) if not groups else 1)
        if rest:
            groups.insert(0, rest)
        assignments.append(Dispatch(worker, tuple(item.stage for item in taken)))
        del free[worker]
    return assignments


def hands(ready: Iterable[Ready]) -> Counter[Shape]:
    """How many workers of each shape could be at work on all that could start."""
    sizes = Counter((item.stage.bundle or item.stage.key, item.shape) for item in ready)
    found: Counter[Shape] = Counter()
    for (_, shape), size in sizes.items():
        found[shape] += -(-size // SMALLEST_SHARE)
    return found


def _groups(ready: Iterable[Ready]) -> list[list[Ready]]:
    """Put stages of one bundle together; sort the bundles by urgency."""
    bundles: dict[tuple[str, Shape], list[Ready]] = {}
    for item in ready:
        bundles.setdefault((item.stage.bundle or item.stage.key, item.shape), []).append(item)
    for bundle in bundles.values():
        bundle.sort(key=_urgency)
    return sorted(bundles.values(), key=lambda bundle: _urgency(bundle[0]))


def _urgency(item: Ready) -> tuple[int, bool, int]:
    return item.priority, item.stage.bundle is None, item.order


def _share(group: Sequence[Ready], workers: int) -> tuple[list[Ready], list[Ready]]:
    """Cut a bundle so that idle workers share it where it is long enough to be worth it."""
    size = min(len(group), LARGEST_BUNDLE)
    if workers > 1:
        size = min(size, max(SMALLEST_SHARE, -(-len(group) // workers)))
    return list(group[:size]), list(group[size:])
