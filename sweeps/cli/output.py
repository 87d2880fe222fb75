"""Where text goes: results to stdout (tables or JSON), words to people to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from sweeps.cli.streams import takes_any_text
from sweeps.report.text import WIDE, console
from xlt_core.vocabulary.errors import Mistake, UserMistake


def stdout() -> Console:
    """A console for results; wide where it is a file or a pipe, so that no table is cut."""
    bounded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return console(sys.stdout, None if bounded else WIDE)


def stderr() -> Console:
    """A console for progress and questions."""
    return console(sys.stderr)


@contextmanager
def unheard() -> Iterator[None]:
    """Talk to people in a block that goes on to its end although nobody may listen any longer."""
    try:
        yield
    except (OSError, ValueError, SystemExit):  # the last is what rich makes of a broken pipe
        pass
    finally:
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)


def _let_go(stream: TextIO | None) -> None:
    """Where a stream's reader has gone, have Python's last flush of it go nowhere."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(value: Any) -> None:
    """Print `value` as indented JSON; floats keep full precision, NaN and infinity are refused."""
    print(json.dumps(value, indent=2, ensure_ascii=not takes_any_text(), allow_nan=False))


def print_json_line(line: str) -> None:
    """Print a line of JSON at once, escaped where stdout's encoding lacks its characters."""
    print(line if takes_any_text() else json.dumps(json.loads(line)), flush=True)


def write_text(path: Path, text: str) -> None:
    """Write a result to a file. Raises UserMistake where the place cannot be written to."""
    path = path.expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserMistake(
            Mistake(f"--output {path}", f"cannot be written: {reason}", "name another file")
        ) from error
