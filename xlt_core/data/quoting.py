"""Quoting in tab-separated files: a matter of the whole file, never of one field.

A sentence may begin and end with a quotation mark, and a writer of CSV may have put marks around a
field; one field does not tell. The file does, because whoever quotes does so by a rule, everywhere:

* A mark that no writer of CSV leaves (within a bare field, or single within a quoted one): plain.
* Marks doubled within quoted fields (`"He said ""no""."`), and nothing against it: quoted.
* A tab or a line end within quotes, and fewer rows of wrong width so: quoted.
* Every text of the file within quotes, as writers do that quote whatever is text: quoted.
* Else plain: who quotes by need has no need to quote a field without a mark.

Where a file has marks of both kinds, or its only quoted texts are just those with a comma (as
spreadsheets quote), nobody can tell: a mistake that names the lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from xlt_core.kinds.faults import Faults

_FIELD = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^"\t\n]*+))([\t\n]|\Z)')
_REMEDY = (
    "write the whole file one way: every field that holds a quotation mark within marks, its own "
    "doubled, or no field so"
)


class Line(NamedTuple):
    """A line of the file, or the several that a quoted field spans.

    Attributes:
        number: of the first, from 1.
        fields: without the quotes, if the file is quoted.
        wrapped: for each field, whether it stood within quotes.
    """

    number: int
    fields: tuple[str, ...]
    wrapped: tuple[bool, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing stands there but space."""
        return len(self.fields) == 1 and not self.fields[0].strip()


def read_lines(
    text: str, faults: Faults, width: int, texts: Sequence[int], *, header: bool = False
) -> list[Line]:
    """The lines of a tab-separated file, unquoted if it is quoted.

    Args:
        width: how many fields a row has.
        texts: which of them are texts.
        header: whether the first line names the columns.

    Raises:
        TooManyFaults: the file is quoted in part, or nobody can tell.
    """
    plain = [Line(n, tuple(line.split("\t"))) for n, line in enumerate(text.split("\n"), 1)]
    if '"' not in text:
        return plain
    quoted, against = _unquoted(text)
    if against is None:
        against = _swallowing(quoted, plain, width)
    if against is not None:
        _require_no_other(plain, against, faults)
        return plain
    if _any_marks(quoted) or any(map(_spans, quoted)):
        return quoted
    return _by_rule(plain, quoted, faults, texts, header)


def _unquoted(text: str) -> tuple[list[Line], int | None]:
    """The file read as CSV; the line at which it is none."""
    found: list[Line] = []
    fields: list[str] = []
    wrapped: list[bool] = []
    at, number, first = 0, 1, 1
    while True:
        match = _FIELD.match(text, at)
        if match is None:
            return found, number
        inner, bare, end = match.groups()
        fields.append(bare if inner is None else inner.replace('""', '"'))
        wrapped.append(inner is not None)
        number += (inner or "").count("\n") + (end == "\n")
        at = match.end()
        if end != "\t":
            found.append(Line(first, tuple(fields), tuple(wrapped)))
            fields, wrapped, first = [], [], number
        if not end:
            return found, None


def _swallowing(quoted: Sequence[Line], plain: Sequence[Line], width: int) -> int | None:
    """The line where quotes that span lines or tabs would swallow rows that are right as they are.

    A plain text may begin with a mark, and another, lines below, end with one.
    """
    spanning = next((line.number for line in quoted if _spans(line)), None)
    if spanning is None or _misfits(quoted, width) < _misfits(plain, width):
        return None
    return spanning


def _misfits(lines: Sequence[Line], width: int) -> int:
    return sum(len(line.fields) != width for line in lines if not line.blank)


def _spans(line: Line) -> bool:
    return any("\t" in field or "\n" in field for field in line.fields)


def _any_marks(lines: Sequence[Line]) -> bool:
    """Whether a field still holds a mark once it is unquoted: it was doubled."""
    return any('"' in field for line in lines for field in line.fields)


def _require_no_other(plain: Sequence[Line], against: int, faults: Faults) -> None:
    """Give up where a file that is plain at line `against` has a field quoted as CSV is."""
    for line in plain:
        if any('""' in field and _as_csv(field) for field in line.fields):
            raise faults.fatal(
                f"line {line.number}",
                f"is quoted as CSV is, with doubled quotation marks, but line {against} is not",
                "write the whole file one way: quote every field that holds a mark and double its "
                "own, or quote none",
            )


def _as_csv(field: str) -> bool:
    """Whether a field is quoted, has marks within, and something besides."""
    inner = field[1:-1]
    ends = len(field) > 3 and field[0] == field[-1] == '"'
    return ends and '"' in inner and '"' not in inner.replace('""', "") and bool(field.strip('"'))


def _by_rule(
    plain: list[Line], quoted: list[Line], faults: Faults, texts: Sequence[int], header: bool
) -> list[Line]:
    """Plain or quoted, where the only marks are around fields."""
    pairs = [
        (line.number, line.fields[at], line.wrapped[at])
        for line in quoted[int(header) :]
        if not line.blank
        for at in texts
        if at < len(line.fields)
    ]
    if not any(wrapped for _, _, wrapped in pairs):
        return plain
    if all(wrapped for _, _, wrapped in pairs):
        return quoted
    if all(wrapped == ("," in field) for _, field, wrapped in pairs):
        number = next(number for number, _, wrapped in pairs if wrapped)
        raise faults.fatal(
            f"line {number}",
            "quotation marks stand around just those texts that hold a comma: "
            "they may belong to the texts, or be a spreadsheet's quoting",
            "if they are quoting, delete them; if they belong to the texts, double them within "
            'marks of their own: """Yes, sir"""',
        )
    return plain
