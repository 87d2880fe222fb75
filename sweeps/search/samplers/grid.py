"""Grid: every candidate, in canonical order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweeps.search.candidates import Candidates
from sweeps.search.samplers.sampler import check_options
from sweeps.search.settings import Settings
from sweeps.search.view import View
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan


class Grid:
    """The product of all plans and all choices, plans slowest.

    Raises:
        UserMistake: a searched field is not a list of choices.
    """

    def __init__(self, candidates: Candidates, options: Mapping[str, Any]) -> None:
        check_options("grid", options, ())
        endless = [path for path, r in candidates.settings.ranges.items() if r.kind != "choice"]
        if endless:
            raise UserMistake(
                Mistake(path, "a grid has no steps for a range", "write {choice: [...]} instead")
                for path in endless
            )

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """The candidate of rank `number`; `draw` moves on from one that has been proposed."""
        return view.candidates.unrank(number % (view.candidates.size or 1))
