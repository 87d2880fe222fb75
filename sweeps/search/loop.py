"""The one loop of a search: what is handed out next, and what is made of what came of it.

Whatever works on trials (`backends`, or Ray Tune in `sweeps.execution.tune`) asks here and tells
here. It keeps nothing of its own worth saving: what keeps the trials is the truth, and a fresh loop
goes on where the last one ended. It also tells how trials begin and end, after they are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE, WAIT, ProposalQueue, Signal
from sweeps.search.trial import TrialResult, TrialState
from sweeps.spec.desired_state import DesiredState
from xlt_core.vocabulary.events import (
    Event,
    TrialFailed,
    TrialFinished,
    TrialInterrupted,
    TrialStarted,
)
from xlt_core.vocabulary.json_value import JsonObject

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interrupted:
    """A trial that ended without a result.

    Attributes:
        error: the machine's fault that did it; empty where nobody is to blame: the sweep was ended,
            or whoever worked on the trial was lost.
    """

    error: str = ""


class SearchLoop:
    """Hands out trials and takes what came of them. Not for several threads.

    One that ends without a result is handed out again (`ProposalQueue.give_back`); one that a
    machine's fault interrupted is left to the next run.

    Args:
        queue: the trials.
        desired: what the sweep is to do: RUN; PAUSE hands out nothing for now, anything
            else (STOP, CANCEL) nothing more.
        note: told of every trial that is handed out, finished, failed or interrupted.
        patiently: does what it is given, waiting out what ails the storage; None where the sweep
            was ended meanwhile.
    """

    def __init__(
        self,
        queue: ProposalQueue,
        desired: Callable[[], DesiredState] = lambda: DesiredState.RUN,
        note: Callable[[Event], None] = lambda event: None,
        patiently: Callable[[Callable[[], object]], object] = lambda work: work(),
    ) -> None:
        self._queue = queue
        self._desired = desired
        self._note = note
        self._patiently = patiently
        self._out: dict[int, Proposal] = {}
        self.error: Exception | None = None  # what ended the search

    def next(self) -> Proposal | Literal[Signal.WAIT, Signal.DONE]:
        """The next trial to work on; `WAIT`: ask again later; `DONE`: there is none.

        A trial under way may still come back without a result, to be handed out again; only with
        none under way is anything over.
        """
        if self.error is not None:
            return DONE
        desired = self._desired()
        if desired is not DesiredState.RUN:
            return WAIT if desired is DesiredState.PAUSE or self._out else DONE
        proposal = self._patiently(self._queue.next)
        if not isinstance(proposal, Proposal):
            return WAIT if self._out else DONE
        self._out[proposal.number] = proposal
        self._note(TrialStarted(*_said(proposal), trial=proposal.number))
        return proposal

    def complete(self, number: int, came: TrialResult | Interrupted) -> None:
        """Take what came of a trial that was handed out; whatever is told twice counts once."""
        proposal = self._out.pop(number, None)
        if proposal is None:
            return
        try:
            if isinstance(came, Interrupted):
                self._open_again(proposal, came)
            else:
                self._close(proposal, came)
        except Exception as error:
            _log.exception("trial %d could not be told", number)
            self.error = self.error or error

    def _close(self, proposal: Proposal, result: TrialResult) -> None:
        if self._patiently(lambda: self._told(proposal.number, result)):
            self._note(_ended(proposal, result))

    def _told(self, number: int, result: TrialResult) -> bool:
        self._queue.tell(number, result)
        return True

    def _open_again(self, proposal: Proposal, came: Interrupted) -> None:
        """A trial without a result stays open, for this search or the next."""
        error = came.error or None
        self._note(TrialInterrupted(*_said(proposal), error, trial=proposal.number))
        if self._desired().ends:
            return  # handed out first when the sweep goes on
        _log.warning("trial %d ended without a result", proposal.number)
        if came.error:
            self._queue.set_aside(proposal.number)
        else:
            self._queue.give_back(proposal.number)


def _ended(proposal: Proposal, result: TrialResult) -> Event:
    if result.state is TrialState.FAILED:
        return TrialFailed(*_said(proposal), result.error, trial=proposal.number)
    return TrialFinished(*_said(proposal), result.objective, trial=proposal.number)


def _said(proposal: Proposal) -> tuple[str, JsonObject]:
    """What every event of a trial says of it."""
    return str(proposal.plan), dict(proposal.settings)
