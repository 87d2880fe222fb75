"""How long to wait before something is tried again: growing pauses, the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pauses:
    """A schedule. Nobody draws lots: what is tried again is bound to one machine or one disk.

    Attributes:
        first: seconds after the first failure.
        growth: how much longer each next pause is.
        longest: seconds that no pause exceeds.
    """

    first: float = 2.0
    growth: float = 3.0
    longest: float = 60.0

    def after(self, failures: int) -> float:
        """Seconds to wait after the `failures`-th failure in a row, counted from 1."""
        if failures < 1:
            raise ValueError(f"failures are counted from 1, not {failures}")
        # Beyond some sixty steps the power would overflow; it has long been cut by then.
        return min(self.first * self.growth ** min(failures - 1, 60), self.longest)
