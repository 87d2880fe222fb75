"""What a backend is: it works on the trials that a loop hands out, until there are no more."""

from __future__ import annotations

from typing import Protocol

from sweeps.search.loop import SearchLoop


class TrialBackend(Protocol):
    """Works on trials, wherever and however many at once.

    What it is told by the loop and what it tells is the same for all: which trials there are and
    what the search makes of them depends on no backend.
    """

    def run(self, loop: SearchLoop) -> None:
        """Take trials from `loop.next`, tell `loop.complete` of each, until it says `DONE`.

        Returns also where `loop.error` says what ended the search.
        """
