"""A stand-in for what cannot be foreseen: a method's own choices for a while, then random ones."""

from __future__ import annotations

from collections.abc import Mapping

from sweeps.search.candidates import Candidates
from sweeps.search.samplers import make_sampler
from sweeps.search.view import View
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan


class StandIn:
    """A sampler for forecasts.

    Args:
        method, candidates, options: as `make_sampler` takes them.
        foreseen: the first trial that depends on results nobody knows; None: none does.
    """

    def __init__(
        self,
        method: str,
        candidates: Candidates,
        options: Mapping[str, object],
        foreseen: int | None,
    ) -> None:
        self._own = make_sampler(method, candidates, options)
        self._other = make_sampler("random", candidates, {})
        self._foreseen = foreseen

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """See `Sampler`."""
        is_known = self._foreseen is None or number < self._foreseen
        return (self._own if is_known else self._other).propose(number, view, attempt)
