"""JSON lines: one value a line, and a line ends at LF alone.

Texts and error messages hold characters that `str.splitlines` takes for line ends (U+0085, U+2028
and others), which JSON leaves as they are: whoever reads lines reads them through here.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


def json_line(value: object, *, allow_nan: bool = True) -> str:
    """One line of JSON, without its line end, that can always be written as UTF-8.

    Half a surrogate pair (of a file name that is no UTF-8, say) becomes its JSON escape.

    Raises:
        TypeError: `value` holds something JSON has no form for.
        ValueError: a float in it is not finite, and `allow_nan` is false.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=allow_nan)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def first_line(said: object) -> str:
    """The first line of an error or a text that says anything.

    An error without words is called by its class, a text without words is empty.
    """
    for line in lines_of(str(said)):
        if line.strip():
            return line.strip()
    return type(said).__name__ if isinstance(said, BaseException) else ""


def harmless(text: str) -> str:
    """The text as a terminal and a log take it: without characters that steer them."""
    return _STEERING.sub("�", text)


def in_short(said: object, length: int = 300) -> str:
    """The first line of an error or a text, cut after a word where it is longer than `length`."""
    whole = first_line(said)
    short = textwrap.shorten(whole, length, placeholder=" …")
    return short if short != "…" else f"{whole[: length - 2]} …"  # a single word, as of an address


def lines_of(text: str) -> Iterator[str]:
    """The lines of `text` that are not empty, without their line ends (LF or CR LF)."""
    for line in text.split("\n"):
        if whole := line.removesuffix("\r"):
            yield whole
