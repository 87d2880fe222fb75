"""Grid: every candidate, in canonical order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sweeps.search.candidates import Candidate, Candidates
from sweeps.search.view import View
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan


class Grid:
    """The product of all plans and all choices, plans slowest.

    Raises:
        UserMistake: a searched field is not a list of choices.
    """

    def __init__(self, candidates: Candidates, options: Mapping[str, object]) -> None:
        endless = [path for path, r in candidates.settings.ranges.items() if r.kind != "choice"]
        if endless:
            raise UserMistake(
                Mistake(path, "a grid has no steps for a range", "write {choice: [...]} instead")
                for path in endless
            )

        self._view: View | None = None
        self._ahead: Iterator[Candidate] = iter(())
        self._next: Candidate = candidates.opening()

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """The first candidate that has not been proposed; the last one where all have been."""
        if self._view is not view:
            self._view, self._ahead = view, view.candidates.onwards(Plan(), {})
        while not view.is_new(*self._next):
            following = next(self._ahead, None)
            if following is None:
                break
            self._next = following
        return self._next
