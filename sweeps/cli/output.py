"""Where text goes: results to stdout (tables or JSON), words to people to stderr."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from sweeps.report.text import WIDE, console
from xlt_core.vocabulary.errors import Mistake, UserMistake


def stdout() -> Console:
    """A console for results; wide where it is a file or a pipe, so that no table is cut."""
    bounded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return console(sys.stdout, None if bounded else WIDE)


def stderr() -> Console:
    """A console for progress and questions."""
    return console(sys.stderr)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON; floats keep full precision, NaN and infinity are refused."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def write_text(path: Path, text: str) -> None:
    """Write a result to a file. Raises UserMistake where the place cannot be written to."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserMistake(
            Mistake(f"--output {path}", f"cannot be written: {reason}", "name another file")
        ) from error
