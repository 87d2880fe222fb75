"""Trials worked on in this process, one after another: for forecasts, simulations and tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sweeps.search.loop import Interrupted, SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.trial import TrialResult


class InProcess:
    """A backend that asks a function. It must not be paused, for nobody
    else's turn comes meanwhile.

    Args:
        work: what comes of a trial.
        at_once: trials that are under way together: each is told as late as it can be, as if all
            took equally long.
    """

    def __init__(
        self, work: Callable[[Proposal], TrialResult | Interrupted], at_once: int = 1
    ) -> None:
        self._work = work
        self._at_once = at_once

    def run(self, loop: SearchLoop) -> None:
        """See `Backend`."""
        under_way: deque[Proposal] = deque()
        while True:
            proposal = loop.next() if len(under_way) < self._at_once else None
            if isinstance(proposal, Proposal):
                under_way.append(proposal)
            elif under_way:
                oldest = under_way.popleft()
                loop.complete(oldest.number, self._work(oldest))
            else:
                return
