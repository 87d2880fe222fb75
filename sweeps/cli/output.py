"""Where text goes: results to stdout (tables or JSON), words to people to stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

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


def print_json(value: object) -> None:
    """Print `value` as indented JSON; floats keep full precision, NaN and infinity are refused."""
    print(json.dumps(value, indent=2, ensure_ascii=not takes_any_text(), allow_nan=False))


def print_json_line(line: str) -> None:
    """Print a line of JSON at once, escaped where stdout's encoding lacks its characters."""
    print(line if takes_any_text() else json.dumps(json.loads(line)), flush=True)


def write_text(path: Path, text: str) -> None:
    """Write a result to a file, whole or not at all; what stood there stays until it is replaced.

    Raises:
        UserMistake: its folder is not there, or the place cannot be written to.
    """
    path = path.expanduser()
    try:
        if not path.parent.is_dir():
            what = f"there is no folder {path.parent}"
            raise UserMistake(Mistake(f"--output {path}", what, "make it, or name another file"))
        _write_whole(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserMistake(
            Mistake(f"--output {path}", f"cannot be written: {reason}", "name another file")
        ) from error


def _write_whole(path: Path, content: bytes) -> None:
    """By another name and a renaming, where that is possible and changes nothing else."""
    if not _may_be_replaced(path):
        path.write_bytes(content)
        return
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        if path.exists():
            shutil.copymode(path, half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _may_be_replaced(path: Path) -> bool:
    """Not a link, a pipe or a device; not where we may write to the file alone, or not to it."""
    if not os.access(path.parent, os.W_OK):
        return False
    return not os.path.lexists(path) or (
        path.is_file() and not path.is_symlink() and os.access(path, os.W_OK)
    )
