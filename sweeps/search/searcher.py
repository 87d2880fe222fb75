"""The searcher: the queue of trials as Ray Tune wants it. The only file here that imports Ray.

It keeps nothing of its own worth saving: the study is the truth, and a fresh `Tuner` with a fresh
searcher goes on where the last one ended. Tune's own restore would bring back a stale picture.
It also tells how trials begin and end, after the study knows it. (A Tune callback could, but given
any callback Tune imports every logger it has, MLflow's among them: a second of each start.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.search import Searcher

from sweeps.search.proposal import Proposal
from sweeps.search.queue import ProposalQueue
from xlt_core.vocabulary.events import Event

RUN, PAUSE = "run", "pause"

_log = logging.getLogger(__name__)


class PlanSearcher(Searcher):
    """Hands Tune the configurations `{"number", "plan", "settings"}` (`Proposal.from_config`).

    A trial tells its result in its last report: `objective` (percent, higher is better), or
    `failed` true with an `error` text, or `interrupted` true, with an `error` where a machine's
    fault did it (the latter two with NaN as their `objective`, because Tune insists on one). One
    that ends with none of them, because its coordinator was lost, is handed out again (see
    `ProposalQueue.give_back`); one interrupted by a machine's fault is left to the next run.

    Args:
        queue: the trials.
        wish: what the sweep is wished to do: `run`; `pause` hands out nothing for now, anything
            else (`stop`, `cancel`) nothing more.
        note: told of every trial that is handed out, finished, failed or interrupted.
        patiently: does what it is given, waiting out what ails the storage; None where the sweep
            was ended meanwhile.
    """

    def __init__(
        self,
        queue: ProposalQueue,
        wish: Callable[[], str] = lambda: RUN,
        note: Callable[[Event], None] = lambda event: None,
        patiently: Callable[[Callable[[], Any]], Any] = lambda work: work(),
    ) -> None:
        super().__init__(metric="objective", mode="max")
        self._wish = wish
        self._note = note
        self._patiently = patiently
        self._queue: ProposalQueue | None = queue
        self._out: dict[str, Proposal] = {}  # by Tune's own name of the trial
        self.error: Exception | None = None  # what ended the search; Tune would swallow it

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration, None for "not now", or FINISHED."""
        if self.error is not None:
            return str(Searcher.FINISHED)
        queue, wish = self._live(), self._wish()
        if wish != RUN:
            return None if wish == PAUSE or self._out else str(Searcher.FINISHED)
        proposal = self._patiently(queue.next)
        if isinstance(proposal, Proposal):
            self._out[trial_id] = proposal
            self._tell("trial_started", proposal)
            return proposal.to_config()
        # A trial under way may still come back without a result; only then is it finished. With
        # none under way, only those that were set aside can be waited for.
        return None if self._out else str(Searcher.FINISHED)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the study what came of a trial, once."""
        proposal = self._out.pop(trial_id, None)
        if proposal is None:
            return
        try:
            self._complete(proposal, result or {})
        except Exception as error:
            _log.exception("trial %d could not be told", proposal.number)
            self.error = self.error or error

    def _complete(self, proposal: Proposal, last: Mapping[str, Any]) -> None:
        number = proposal.number
        if last.get("failed"):
            reason = str(last.get("error") or "no reason given")
            if self._patiently(lambda: self._told(number, None, reason)):
                self._tell("trial_failed", proposal, error=reason)
        elif last.get("objective") is not None and not last.get("interrupted"):
            objective = float(last["objective"])
            if self._patiently(lambda: self._told(number, objective)):
                self._tell("trial_finished", proposal, objective=objective)
        else:
            self._open_again(proposal, last)

    def _told(self, number: int, objective: float | None, error: str = "") -> bool:
        self._live().tell(number, objective, error)
        return True

    def _open_again(self, proposal: Proposal, last: Mapping[str, Any]) -> None:
        """A trial without a result: its row stays RUNNING, for this search or the next."""
        interrupted, reason = bool(last.get("interrupted")), str(last.get("error") or "")
        about = {"error": reason} if reason else {}
        self._tell("trial_interrupted", proposal, **about)
        if interrupted and self._wish() != RUN:
            return  # handed out first when the sweep goes on
        _log.warning("trial %d ended without a result", proposal.number)
        if reason:
            self._live().set_aside(proposal.number)
        else:
            self._live().give_back(proposal.number)

    def _tell(self, kind: str, proposal: Proposal, **fields: Any) -> None:
        about = {"plan": str(proposal.plan), "settings": dict(proposal.settings), **fields}
        self._note(Event(kind, trial=proposal.number, fields=about))

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the study holds all there is, and a second copy could only disagree."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher for `Tuner.restore`, which is not used: leave out the queue."""
        dropped = dict.fromkeys(("_queue", "_wish", "_note", "_patiently"))
        return self.__dict__ | dropped | {"_out": {}}

    def _live(self) -> ProposalQueue:
        if self._queue is None:
            raise RuntimeError("this searcher was unpickled; make a fresh one from the study")
        return self._queue
