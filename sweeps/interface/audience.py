"""Who hears what a run says, sees how far it is, and is asked before a sweep is extended.

This one is Python's: it is asked beforehand. `sweeps.cli.terminal` has the command line's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeps.report.text import say
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.sweep import Sweep
    from xlt_core.vocabulary.events import Event


@dataclass(frozen=True)
class Audience:
    """Hears on stderr.

    Attributes:
        yes: whether sweeps may be extended, without being asked.
        quiet: whether nothing is to be said.
    """

    yes: bool = False
    quiet: bool = False

    def still_wanted(self) -> None:
        """Asked when all is known and nothing has begun. Raises KeyboardInterrupt: it is not."""

    def say(self, text: str) -> None:
        """Hear a line for people."""
        if not self.quiet:
            say(text)

    def allow(self, sweep: Sweep, more: str) -> None:
        """Let a sweep that has begun be extended by `more`.

        Raises:
            UserMistake: it was not allowed beforehand.
        """
        if not self.yes:
            what = f"{sweep.name} has begun and would be extended: {more}"
            remedy = (
                "add -y (--yes), in Python yes=True: no terminal can answer here; "
                "or give the spec another name"
            )
            raise UserMistake(Mistake(sweep.where("name"), what, remedy))
        self.say(f"{sweep.name} is extended: {more}")

    @contextmanager
    def watching(self, trials: int | None, before: int) -> Iterator[Callable[[Event], None]]:
        """See events while the sweep runs, and at the end what they add up to.

        Args:
            trials: of the sweep; None where that is not known yet.
            before: those that ended before this run.

        Yields:
            What takes an event.
        """
        from sweeps.report.progress import ProgressDisplay, summary

        if self.quiet:
            yield lambda event: None
            return
        with ProgressDisplay(trials, before) as progress:
            yield progress.observe
        self.say(summary(progress.tally))
