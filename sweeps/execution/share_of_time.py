"""When something that may wait is due again: not too often, and for a small share of the time."""

from __future__ import annotations


class ShareOfTime:
    """For what is done beside the work, each time for as long as it takes. Pure.

    Args:
        pause: seconds from one end to the next beginning, at the least.
        share: of the time it may take, at the most.
        now: seconds, of whatever clock `due` and `took` are asked by.
    """

    def __init__(self, pause: float, share: float, now: float) -> None:
        self._pause, self._share = pause, share
        self._next = now + pause

    def hurry(self) -> None:
        """It is due at once."""
        self._next = float("-inf")

    def due(self, now: float) -> bool:
        """Whether it may begin."""
        return now >= self._next

    def took(self, began: float, ended: float) -> None:
        """It was done; the longer it took, the longer it waits."""
        self._next = ended + max(self._pause, (ended - began) / self._share)
