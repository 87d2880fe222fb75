"""The searcher: the queue of trials as Ray Tune wants it. The only file here that imports Ray.

It keeps nothing of its own worth saving: the study is the truth, and a fresh `Tuner` with a fresh
searcher goes on where the last one ended. Tune's own restore would bring back a stale picture.
It also tells how trials begin and end, after the study knows it. (A Tune callback could, but given
any callback Tune imports every logger it has, MLflow's among them: a second of each start.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, WAIT, ProposalQueue
from xlt_core.vocabulary.events import Event

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
        note: told of every trial that is handed out, finished, failed or interrupted.
    """

    def __init__(
        self,
        queue: ProposalQueue,
        wish: Callable[[], str] = lambda: RUN,
        note: Callable[[Event], None] = lambda event: None,
    ) -> None:
        super().__init__(metric="objective", mode="max")
        self._wish = wish
        self._note = note
        self._queue: ProposalQueue | None = queue
        self._out: dict[str, Proposal] = {}  # by Tune's own name of the trial

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration, None for "not now", or FINISHED."""
        queue, wish = self._live(), self._wish()
        if wish != RUN:
            return None if wish == PAUSE or self._out else str(Searcher.FINISHED)
        proposal = queue.next()
        if isinstance(proposal, Proposal):
            self._out[trial_id] = proposal
            self._tell("trial_started", proposal)
            return proposal.to_config()
        if proposal is WAIT or self._out:
            # A trial under way may still come back without a result; only then is it finished.
            return None
        assert proposal is DONE
        return str(Searcher.FINISHED)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the study what came of a trial, once."""
        proposal = self._out.pop(trial_id, None)
        if proposal is None:
            return
        last, number = result or {}, proposal.number
        if last.get("failed"):
            reason = str(last.get("error") or "no reason given")
            self._live().tell(number, None, reason)
            self._tell("trial_failed", proposal, error=reason)
        elif last.get("objective") is not None and not last.get("interrupted"):
            objective = float(last["objective"])
            self._live().tell(number, objective)
            self._tell("trial_finished", proposal, objective=objective)
        else:
            self._open_again(proposal, bool(last.get("interrupted")), error)

    def _open_again(self, proposal: Proposal, interrupted: bool, error: bool) -> None:
        """A trial without a result: its row stays RUNNING, for this search or the next."""
        self._tell("trial_interrupted", proposal)
        if interrupted and self._wish() != RUN:
            return  # handed out first when the sweep goes on
        _log.warning("trial %d ended without a result", proposal.number)
        lost = "its coordinator was lost" if error else ""
        self._live().give_back(proposal.number, "it was interrupted" if interrupted else lost)

    def _tell(self, kind: str, proposal: Proposal, **fields: Any) -> None:
        about = {"plan": str(proposal.plan), "settings": dict(proposal.settings), **fields}
        self._note(Event(kind, trial=proposal.number, fields=about))

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the study holds all there is, and a second copy could only disagree."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher for `Tuner.restore`, which is not used: leave out the queue."""
        return self.__dict__ | {"_queue": None, "_wish": None, "_note": None, "_out": {}}

    def _live(self) -> ProposalQueue:
        if self._queue is None:
            raise RuntimeError("this searcher was unpickled; make a fresh one from the study")
        return self._queue
