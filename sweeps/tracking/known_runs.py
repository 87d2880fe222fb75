"""The runs that a writer knows, by what they are found by: quick where there are thousands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sweeps.tracking.diff import Known

Identity = tuple[str, str, str]  # level, tag value, id of the sweep where there may be several


class KnownRuns:
    """A run for each identity."""

    def __init__(self) -> None:
        self._runs: defaultdict[tuple[str, str], dict[str, Known]] = defaultdict(dict)

    def __iter__(self) -> Iterator[tuple[Identity, Known]]:
        for name, owners in self._runs.items():
            for owner, run in owners.items():
                yield (*name, owner), run

    def get(self, identity: Identity) -> Known | None:
        """The run, or None."""
        return self._runs.get(identity[:2], {}).get(identity[2])

    def named(self, level: str, value: str) -> list[Known]:
        """Those of all sweeps that are found by this tag."""
        return list(self._runs.get((level, value), {}).values())

    def put(self, identity: Identity, run: Known) -> None:
        """Know a run, in the place of another that was there."""
        self._runs[identity[:2]][identity[2]] = run

    def take(self, identity: Identity) -> Known:
        """Forget a run. Raises KeyError where it is not known."""
        return self._runs[identity[:2]].pop(identity[2])
