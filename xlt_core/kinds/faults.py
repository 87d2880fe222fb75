"""Faults of one file: collected up to a handful, then raised together as a `UserMistake`.

Readers (`readers`) and shapers (`shape`) report here and go on, so that a user sees more than the
first fault at once.
"""

from __future__ import annotations

from xlt_core.vocabulary.errors import Mistake, UserMistake

MOST = 5


class TooManyFaults(Exception):
    """Enough faults were seen; reading on would help nobody."""


class Faults:
    """The faults of one file or one hub split, at most `MOST` of them."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.found: list[Mistake] = []

    def add(self, row: str, what: str, remedy: str) -> None:
        """Note a fault. `row` says where in the file: `line 3`, or empty for the whole.

        Raises:
            TooManyFaults: this is the last that is kept.
        """
        where = f"{self.place}, {row}" if row else self.place
        self.found.append(Mistake(where, what, remedy))
        if len(self.found) >= MOST:
            raise TooManyFaults

    def fatal(self, row: str, what: str, remedy: str) -> TooManyFaults:
        """Note a fault after which the file cannot be read on; the caller raises what it gets."""
        if len(self.found) < MOST:
            where = f"{self.place}, {row}" if row else self.place
            self.found.append(Mistake(where, what, remedy))
        return TooManyFaults()

    def raise_found(self) -> None:
        """Raise UserMistake with all that was found; nothing where nothing was."""
        if self.found:
            raise UserMistake(self.found)
