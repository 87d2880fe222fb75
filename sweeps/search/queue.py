"""The queue of trials: hands out proposals, takes results, and forgets nothing it cannot recompute.

All it knows stands where the trials are kept, so that dropping it at any moment and making another
changes nothing: unfinished trials are handed out again, then come the very proposals that would
have come. `loop` puts it before whoever works on trials; `draw` makes one proposal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from enum import Enum
from typing import Final, Literal

from sweeps.search.candidates import Candidates
from sweeps.search.draw import draw
from sweeps.search.lease import LeaseLost
from sweeps.search.proposal import Proposal
from sweeps.search.samplers import make_sampler
from sweeps.search.samplers.sampler import Sampler
from sweeps.search.trial import Trial, TrialResult, TrialState
from sweeps.search.trials import Trials
from sweeps.search.view import View
from sweeps.spec.sweep import Search
from xlt_core.vocabulary.errors import Mistake, UserMistake


class Signal(Enum):
    """What the queue says when it has no proposal."""

    WAIT = "a result is needed first"
    DONE = "everything has been handed out"


WAIT: Final = Signal.WAIT
DONE: Final = Signal.DONE

# How often one queue hands out a trial that ends without a result before it leaves it to the next.
HAND_OUTS = 3


class ProposalQueue:
    """Hands out the trials of one sweep. One queue a study at a time; not for several threads.

    **Reproducible.** Trial n is drawn from the fixed view: trials up to n - window with their
    results, later ones as running, and a sampler seeded by the sweep's seed and n. It waits until
    the former are told. So proposals depend on the spec and the objective only, not on timing,
    concurrency or interruptions. `Search.asynchronous` shows whatever results are there, does not
    wait, and gives that up.

    **Extended.** More `trials`: the first ones stay as they are and the rest are those that the
    larger number would have given from the start. A larger space: rows in the study stay, and
    later proposals depend on those rows and the larger space; starting afresh with the larger
    space would have proposed others.

    Args:
        trials: who keeps them.
        candidates: what there is to propose.
        search: method, number of trials, seed, window.
        revisit: hand out finished and failed trials once more, first of all, because there is more
            to compute for each (seeds, targets, languages). Their results in the study, which the
            search went by, stand.
        aside: trials that are not handed out again for now, because an earlier queue of this run
            of the driver has tried them in vain.
        sampler: what draws; the method's own where it is left out.

    Raises:
        UserMistake: the method or its options do not fit, or the study cannot be read.
    """

    def __init__(
        self,
        trials: Trials,
        candidates: Candidates,
        search: Search,
        revisit: bool = False,
        aside: Collection[int] = (),
        sampler: Sampler | None = None,
    ) -> None:
        self._trials = trials
        self._candidates = candidates
        self._search = search
        self._sampler = sampler or make_sampler(search.method, candidates, search.options)
        self._view = View(candidates, search.seed)
        self._results: dict[int, float | None] = {}
        self._first_untold = 0
        self._to_show: set[int] = set()
        self._hand_outs: dict[int, int] = {}
        self._exhausted = False
        self._aside = set(aside)
        self._again = deque(self._load(trials.trials(candidates), revisit))

    def _load(self, trials: Sequence[Trial], revisit: bool) -> list[Proposal]:
        for expected, trial in enumerate(trials):
            if trial.number != expected:
                raise UserMistake(_incomplete(self._trials, expected))
            self._view.add(trial.proposal)
            if trial.state != TrialState.RUNNING:
                self._note(trial.number, trial.value)
        return [
            trial.proposal
            for trial in trials
            if (revisit or trial.state == TrialState.RUNNING) and trial.number not in self._aside
        ]

    @property
    def proposed(self) -> int:
        """Trials there are."""
        return len(self._view.trials)

    @property
    def told(self) -> int:
        """Trials with a result, failed ones among them."""
        return len(self._results)

    @property
    def aside(self) -> frozenset[int]:
        """Trials without a result that this queue does not hand out again."""
        return frozenset(self._aside)

    def next(self) -> Proposal | Literal[Signal.WAIT, Signal.DONE]:
        """The next trial to work on; `WAIT`: ask again after a result; `DONE`: there is none.

        A new proposal is kept before it is returned. Waiting costs next to nothing.

        Raises:
            UserMistake: the storage is locked, full or out of reach.
        """
        if self._again:
            return self._hand_out(self._again.popleft())
        proposal = self._drawn()
        if not isinstance(proposal, Proposal):
            return proposal
        try:
            proposal = self._written(proposal)
        except LeaseLost:
            self._exhausted = True  # the rest is the other driver's
            return DONE
        self._view.add(proposal)
        return self._hand_out(proposal)

    def is_open(self) -> bool:
        """Whether anything would be handed out now; writes nothing."""
        return bool(self._again) or isinstance(self._drawn(), Proposal)

    def _drawn(self) -> Proposal | Literal[Signal.WAIT, Signal.DONE]:
        """The proposal after those that are kept, not kept yet."""
        number = self.proposed
        if self._exhausted or (self._search.trials is not None and number >= self._search.trials):
            return DONE
        if not self._search.asynchronous and self._first_untold <= number - self._search.window:
            return WAIT
        self._show_results(number)
        proposal = draw(number, self._sampler, self._view)
        if proposal is None:
            self._exhausted = True
            return DONE
        return proposal

    def has_more(self) -> bool:
        """Whether anything is left to hand out, asked while nothing is handed out."""
        proposal = self.next()
        if isinstance(proposal, Proposal):
            self._hand_outs[proposal.number] -= 1
            self._again.appendleft(proposal)
            return True
        # Nobody is at work, so what is waited for are results of trials that were set aside.
        return False

    def tell(self, number: int, result: TrialResult) -> None:
        """Take a trial's result. Only the first counts.

        Raises:
            KeyError: no such trial.
            UserMistake: the storage is locked, full or out of reach.
        """
        if number in self._results:
            return
        try:
            self._trials.tell(number, result)
        except LeaseLost:
            return  # the other driver finds its stages in the store, and tells it
        self._note(number, result.objective)

    def give_back(self, number: int) -> None:
        """Take back a trial that ended without a result, to be handed out again.

        One that keeps ending so is set aside.
        """
        if self._hand_outs.get(number, 0) >= HAND_OUTS:
            self.set_aside(number)
        else:
            self._again.append(self._view.trials[number].proposal)

    def set_aside(self, number: int) -> None:
        """Leave a trial without a result to the next run: its row stays RUNNING.

        What is proposed next waits for its result as if it were still at work.
        """
        self._aside.add(number)

    def _written(self, proposal: Proposal) -> Proposal:
        """Have a proposal kept. An earlier try, of which no answer came, may have put it
        there: then that one counts."""
        known = self._trials.trial(proposal.number)
        if known is None:
            self._trials.insert(proposal, self._candidates)
            return proposal
        settings = self._candidates.settings.restore(known.settings)
        return Proposal(known.number, known.plan, settings)

    def _hand_out(self, proposal: Proposal) -> Proposal:
        self._hand_outs[proposal.number] = self._hand_outs.get(proposal.number, 0) + 1
        return proposal

    def _note(self, number: int, value: float | None) -> None:
        self._results[number] = value
        self._to_show.add(number)
        while self._first_untold in self._results:
            self._first_untold += 1

    def _show_results(self, number: int) -> None:
        """Let the view show what trial `number` may see."""
        last = number if self._search.asynchronous else number - self._search.window
        for told in sorted(told for told in self._to_show if told <= last):
            self._view.show(told, self._results[told])
            self._to_show.discard(told)


def _incomplete(trials: Trials, number: int) -> Mistake:
    what = f"trial {number} is missing in Optuna's study {trials.name!r}, later ones are there"
    remedy = "give the sweep another name: its stages in the store are not trained twice"
    return Mistake(trials.where, what, remedy)
