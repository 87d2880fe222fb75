"""Which stages to let go first: the least computing time per byte. A pure decision.

Computing a stage again costs its own seconds and those of every ancestor that would then be
missing too, so that letting a parent go makes its stored children dearer. Children stay valid
without their parents.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from xlt_core.store.listing import StageInfo


@dataclass(frozen=True)
class PrunePlan:
    """What pruning removes, or has removed.

    Attributes:
        kept_bytes: size of what stays; over the budget where too much is pinned or in use.
        freed_bytes: size of what goes.
        stages: what goes, first gone first.
    """

    kept_bytes: int
    freed_bytes: int
    stages: list[StageInfo]


def plan_prune(
    stages: Iterable[StageInfo], budget_bytes: int, protected: Collection[str]
) -> PrunePlan:
    """Choose stages to remove until the rest fits in `budget_bytes`; `protected` keys stay."""
    known = {stage.key: stage for stage in stages}
    kept = sum(stage.bytes for stage in known.values())
    total = kept
    gone: dict[str, StageInfo] = {}
    # Costs only rise as stages go, so an outdated entry can be put back with its new cost.
    queue = [_entry(stage, known, gone) for stage in known.values() if stage.key not in protected]
    heapq.heapify(queue)
    while kept > budget_bytes and queue:
        entry = heapq.heappop(queue)
        stage = known[entry[2]]
        current = _entry(stage, known, gone)
        if current > entry:
            heapq.heappush(queue, current)
            continue
        gone[stage.key] = stage
        kept -= stage.bytes
    return PrunePlan(kept, total - kept, list(gone.values()))


def recompute_seconds(
    stage: StageInfo, known: Mapping[str, StageInfo], gone: Collection[str]
) -> float:
    """Seconds to compute `stage` again with the `gone` stages missing.

    Ancestors the store knows nothing of count nothing: what they took is not recorded here.
    """
    needed, waiting = {stage.key: stage}, [*stage.parents]
    while waiting:
        key = waiting.pop()
        if key in known and key in gone and key not in needed:
            needed[key] = known[key]
            waiting += known[key].parents
    return sum(one.seconds for one in needed.values())


def _entry(
    stage: StageInfo, known: Mapping[str, StageInfo], gone: Collection[str]
) -> tuple[float, float, str]:
    """How early a stage goes: cost per byte, then the older first."""
    cost = recompute_seconds(stage, known, gone) / max(stage.bytes, 1)
    return cost, stage.finished, stage.key
