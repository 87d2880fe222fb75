"""Standard streams that hold out: a reader that leaves, a closed stream, a full disk, any encoding.

A reader that leaves (`xlt results | head -1`) has seen what it wanted. What is written after that
goes nowhere, and the command ends as it would have: 1 goes on meaning failed trials. Words to
people on stderr are never worth an error. Next: `main`, which begins with `hold_out`.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT, _STDERR = 1, 2


def hold_out() -> None:
    """Make this process's standard streams such; called once, before anything is opened."""
    _occupy()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = _steady(_STDOUT, sys.stdout)
    sys.stderr = _steady(_STDERR, sys.stderr)


def is_unread() -> bool:
    """Whether whoever read our results has left."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Steady) and raw.left


def takes_any_text() -> bool:
    """Whether stdout's encoding has every character."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")


class _Steady(io.FileIO):
    """The bytes of a standard stream. `left`: they go nowhere, for the reader has left."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self.left = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or let it go; OSError where results find no room, and only the first time."""
        try:
            return super().write(data)
        except OSError as error:
            self._go_nowhere()
            if self.fileno() == _STDOUT and not isinstance(error, BrokenPipeError):
                raise OSError(error.errno, error.strerror, "standard output") from None
            self.left = True
            return memoryview(data).nbytes

    def _go_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def _steady(number: int, given: TextIO | None) -> TextIO:
    # What an encoding lacks is written as \N escapes: an odd character is no reason to end.
    return io.TextIOWrapper(
        io.BufferedWriter(_Steady(number)),
        encoding=getattr(given, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=number == _STDERR or os.isatty(number),
    )


def _occupy() -> None:
    """Have something behind 0, 1 and 2, or the next database opened would be our stdout."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(number, True)
    os.close(number)
