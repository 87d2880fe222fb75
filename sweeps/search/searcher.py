"""The searcher: the queue of trials as Ray Tune wants it. The only file here that imports Ray.

It keeps nothing of its own worth saving: the study is the truth, and a fresh `Tuner` with a fresh
searcher goes on where the last one ended. Tune's own restore would bring back a stale picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, WAIT, ProposalQueue

RUN, PAUSE = "run", "pause"

_log = logging.getLogger(__name__)


class PlanSearcher(Searcher):
    """Hands Tune the configurations `{"number", "plan", "settings"}` (`Proposal.from_config`).

    A trial tells its result in its last report: `objective` (percent, higher is better), or
    `failed` true with an `error` text, or `interrupted` true (the latter two with NaN as their
    `objective`, because Tune insists on one). One that ends with none of them, because its
    coordinator was lost, is handed out again (see `ProposalQueue.give_back`).

    Args:
        queue: the trials.
        wish: what the sweep is wished to do: `run`; `pause` hands out nothing for now, anything
            else (`stop`, `cancel`) nothing more.
    """

    def __init__(self, queue: ProposalQueue, wish: Callable[[], str] = lambda: RUN) -> None:
        super().__init__(metric="objective", mode="max")
        self._wish = wish
        self._queue: ProposalQueue | None = queue
        self._numbers: dict[str, int] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration, None for "not now", or FINISHED."""
        queue, wish = self._live(), self._wish()
        if wish != RUN:
            return None if wish == PAUSE or self._numbers else str(Searcher.FINISHED)
        proposal = queue.next()
        if isinstance(proposal, Proposal):
            self._numbers[trial_id] = proposal.number
            return proposal.to_config()
        if proposal is WAIT or self._numbers:
            # A trial under way may still come back without a result; only then is it finished.
            return None
        assert proposal is DONE
        return str(Searcher.FINISHED)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the study what came of a trial, once."""
        number = self._numbers.pop(trial_id, None)
        if number is None:
            return
        last = result or {}
        if last.get("interrupted"):
            if self._wish() == RUN:  # nobody asked for that: its service was lost, say
                self._live().give_back(number, "it was interrupted")
            return  # else its row stays RUNNING: handed out first when the sweep goes on
        if last.get("failed"):
            self._live().tell(number, None, str(last.get("error") or "no reason given"))
        elif last.get("objective") is not None:
            self._live().tell(number, float(last["objective"]))
        else:
            _log.warning("trial %d ended without a result", number)
            self._live().give_back(number, "its coordinator was lost" if error else "")

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the study holds all there is, and a second copy could only disagree."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher for `Tuner.restore`, which is not used: leave out the queue."""
        return self.__dict__ | {"_queue": None, "_wish": None, "_numbers": {}}

    def _live(self) -> ProposalQueue:
        if self._queue is None:
            raise RuntimeError("this searcher was unpickled; make a fresh one from the study")
        return self._queue
