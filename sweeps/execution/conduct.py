"""Which worker fails stages that succeed elsewhere: decisions only, no Ray, no clock.

Three in a row are enough to leave a worker out. A stage that fails everywhere says nothing of any
worker, and neither does what befell all at once, as a network that was away: between the failures
others must have done something. Stages that travelled together count once. Where a worker died, and
another comes on its node, it has the former's record.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

IN_A_ROW = 3
SUSPECT = 2


@dataclass(frozen=True)
class LeftOut:
    """A worker that failed `stages` in a row which were done elsewhere; the last one's error.

    Attributes:
        last: no other worker is in use, so this one stays.
    """

    worker: str
    stages: int
    error: str
    last: bool


@dataclass
class _Record:
    """A worker's failures since its last success.

    Attributes:
        open: stages that failed there and are not done yet, with the bundle each came in.
        proved: bundles with a stage that failed there and was done elsewhere.
        failures: bundles with a stage that failed there.
        before: stages that all had done when it first failed.
        alone: nobody else has done anything between its failures.
    """

    before: int
    open: dict[str, int] = field(default_factory=dict)
    proved: set[int] = field(default_factory=set)
    failures: set[int] = field(default_factory=set)
    error: str = ""
    alone: bool = True
    out: bool = False


class Conduct:
    """The record of every worker, by name."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._left_behind: dict[str, _Record] = {}  # by node, of workers that died there
        self._done = 0

    def lost(self, worker: str, bundle: int, key: str, error: str) -> None:
        """A stage of a bundle was lost there."""
        record = self._records.setdefault(worker, _Record(self._done))
        record.open[key] = bundle
        record.failures.add(bundle)
        record.error = error
        record.alone &= self._done == record.before

    def done(self, worker: str, key: str, in_use: Collection[str]) -> list[LeftOut]:
        """A stage was computed there; which workers are to be left out now, each said once.

        Args:
            in_use: workers that could take the work of those that are left out.
        """
        self._done += 1
        self._records.pop(worker, None)
        for record in self._records.values():
            if key in record.open:
                record.proved.add(record.open.pop(key))
        return [self._judged(name, in_use) for name in list(self._records) if self._is_bad(name)]

    def over(self, key: str) -> None:
        """A stage ended: where nobody has done it, it is not the workers' fault."""
        for record in (*self._records.values(), *self._left_behind.values()):
            record.open.pop(key, None)

    def suspects(self) -> set[str]:
        """Workers that had better not be given again what they failed."""
        return {name for name, one in self._records.items() if len(one.failures) >= SUSPECT}

    def came(self, worker: str, node: str) -> bool:
        """A worker is there, on that node; False where its place is left out already."""
        former = self._left_behind.pop(node, None)
        if former is not None:
            self._records[worker] = former
        return former is None or not former.out

    def died(self, worker: str, node: str) -> None:
        """A worker was lost: whoever comes on its node answers for it."""
        record = self._records.pop(worker, None)
        if record is not None and node:
            self._left_behind[node] = record

    def left(self, worker: str) -> None:
        """A worker went in order; nothing is held against its place."""
        self._records.pop(worker, None)

    def _is_bad(self, worker: str) -> bool:
        record = self._records[worker]
        return len(record.proved) >= IN_A_ROW and not record.alone and not record.out

    def _judged(self, worker: str, in_use: Collection[str]) -> LeftOut:
        record, last = self._records[worker], not set(in_use) - {worker}
        found = LeftOut(worker, len(record.proved), record.error, last)
        record.out = not last
        if last:
            del self._records[worker]  # said; it may prove itself
        return found
