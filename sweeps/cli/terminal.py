"""A run's audience at the command line: asked before a sweep is extended, where it can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from sweeps.cli.faults import DONE
from sweeps.cli.interrupts import answering, raise_swallowed
from sweeps.cli.output import stderr
from sweeps.interface.audience import Audience

if TYPE_CHECKING:
    from sweeps.spec.sweep import Sweep
    from xlt_core.vocabulary.events import Event

STOPPING = "interrupted: running stages keep a checkpoint; once more to leave at once"


class Terminal(Audience):
    """Hears on stderr, and answers on stdin."""

    def allow(self, sweep: Sweep, more: str) -> None:
        """Ask, unless `yes` answers.

        Raises:
            UserMistake: somebody would have to be asked, and nobody can answer.
            typer.Exit: the answer was no.
        """
        if self.yes or not _can_answer():
            super().allow(sweep, more)
            return
        self.say(f"{sweep.name} is extended: {more}")
        if not typer.confirm("go on?", default=True, err=True):
            self.say(f"left as it was: {sweep.name} is not extended")
            raise typer.Exit(DONE)

    def still_wanted(self) -> None:
        """Nothing has begun yet: who pressed Ctrl-C before must not see it begin."""
        raise_swallowed()

    @contextmanager
    def watching(self, trials: int | None, before: int) -> Iterator[Callable[[Event], None]]:
        """See events, and how the first Ctrl-C is answered meanwhile."""
        with answering(STOPPING), super().watching(trials, before) as observe:
            yield observe


def _can_answer() -> bool:
    """Whether somebody sees a question, which goes to stderr, and can answer it."""
    return sys.stdin is not None and sys.stdin.isatty() and stderr().is_terminal
