"""Driving the search to its end, as often as it takes: a fresh loop each time, nothing restored.

Part of the driver (see `driver`). The backend's word is not taken for anything: the study says what
is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.job import PAUSES
from sweeps.execution.patience import Patience, may_pass
from sweeps.search.backends import TrialBackend
from sweeps.search.candidates import Candidates
from sweeps.search.loop import SearchLoop
from sweeps.search.queue import ProposalQueue
from sweeps.search.trials import Trials
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.events import Event, Message
from xlt_core.vocabulary.pauses import Pauses

MOST_SEARCHES = 5


def pauses_of(sweep: Sweep) -> Pauses:
    """The pauses between two tries of anything."""
    return replace(PAUSES, first=min(sweep.execution.retry_seconds, PAUSES.longest))


def search_out(
    sweep: Sweep,
    candidates: Candidates,
    backend: TrialBackend,
    queue: ProposalQueue,
    trials: Trials,
    desired: DesiredStateWatch,
    note: Callable[[Event], None],
) -> None:
    """Search until the trials themselves say that nothing is open, with one queue after another.

    Raises:
        Exception: what ended the search, where it is no fault that may pass.
    """
    patience = Patience(desired, note, pauses_of(sweep))

    def afresh() -> tuple[ProposalQueue, bool]:
        new = ProposalQueue(trials, candidates, sweep.search, aside=queue.aside)
        return new, new.has_more()

    for _ in range(MOST_SEARCHES):
        try:
            backend.run(SearchLoop(queue, desired.current, note, patience.through))
        except Exception as error:  # of Tune itself, whose files lie on a disk too
            if not may_pass(error):
                raise
            note(Message(f"Tune failed: {error}"))
        found = patience.through(afresh)
        if found is None:
            return
        queue, more = found
        if not more or desired.current() != DesiredState.RUN:
            return
        text = "Tune ended before the sweep did; a fresh Tuner takes up what is open"
        note(Message(text))
