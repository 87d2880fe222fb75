"""Text as people read it: words to stderr, consoles that take text for text, plain files."""

from __future__ import annotations

import sys
from contextlib import suppress
from io import StringIO
from typing import IO

from rich.console import Console, RenderableType

WIDE = 160  # columns of a table that no terminal bounds


def say(text: str) -> None:
    """Print a line for people to stderr, where it cannot mix with results. Never raises."""
    with suppress(OSError, ValueError):  # a closed terminal, a reader that has gone
        print(text, file=sys.stderr, flush=True)


def console(file: IO[str], width: int | None = None) -> Console:
    """A console on `file`, in a notebook too. A plan as `panx[ru]` is text there, not markup."""
    return Console(
        file=file, width=width, highlight=False, markup=False, emoji=False, force_jupyter=False
    )


def as_text(renderable: RenderableType, width: int = WIDE) -> str:
    """What would be shown, without colours and trailing blanks."""
    buffer = StringIO()
    console(buffer, width).print(renderable)
    lines = buffer.getvalue().removesuffix("\n").split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"
