"""One draw: a sampler's choice made good, so that no trial is proposed twice.

What holds for every method alike is here, so that a sampler need only choose.
"""

from __future__ import annotations

from sweeps.search.proposal import Proposal
from sweeps.search.samplers.sampler import Sampler
from sweeps.search.view import View

ATTEMPTS = 8


def draw(number: int, sampler: Sampler, view: View) -> Proposal | None:
    """Propose trial `number`, or None where every candidate has been proposed.

    Trial 0 is the baseline. A choice that was proposed before is drawn again, each time from
    another derived seed; after that it is the next candidate not yet proposed, in canonical order,
    its continuous fields as chosen, or drawn at random where the choice takes none.
    """
    if number == 0:
        return Proposal(0, *view.candidates.opening())
    for attempt in range(ATTEMPTS):
        chosen = view.candidates.canonical(*sampler.propose(number, view, attempt))
        if view.is_new(*chosen):
            return Proposal(number, *chosen)
    plan, settings = chosen
    drawn = view.candidates.settings.draw(view.seed_for(number, ATTEMPTS))
    for candidate in view.candidates.onwards(plan, {**drawn, **settings}):
        if view.is_new(*candidate):
            return Proposal(number, *candidate)
    return None
