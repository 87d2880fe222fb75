"""Tab-separated tables → raw fields → `shape`: one or two texts and a label a row.

`quoting` says whether a file is quoted as CSV is.
"""

from __future__ import annotations

from xlt_core.data.quoting import Line, read_lines
from xlt_core.kinds.shaping import Shaper
from xlt_core.tasks.layout import TableForm


def read_table(text: str, shaper: Shaper, form: TableForm) -> None:
    """Read all rows, in order. Faults go to `shaper.faults`."""
    columns = form.columns
    label_at = columns.index("label")
    key_at = columns.index("id") if "id" in columns else None
    texts_at = [(name, columns.index(name)) for name in form.texts]
    places = [at for _, at in texts_at]
    found = read_lines(text, shaper.faults, len(columns), places, header=form.header)
    lines = [line for line in found if not line.blank]
    if form.header and lines:
        _check_header(lines.pop(0), shaper, columns)
    for line in lines:
        row, fields = f"line {line.number}", line.fields
        if len(fields) != len(columns):
            _wrong_width(shaper, row, len(fields), columns)
            continue
        key = str(line.number) if key_at is None else fields[key_at]
        texts = {name: fields[at] for name, at in texts_at}
        shaper.add(row, key, texts=texts, label=fields[label_at])


def _check_header(line: Line, shaper: Shaper, columns: tuple[str, ...]) -> None:
    if line.fields != columns:
        shown = "\t".join(line.fields)[:80]
        raise shaper.faults.fatal(
            f"line {line.number}",
            f"the header is {shown!r}",
            f"expected the columns {' '.join(columns)}, tab-separated",
        )


def _wrong_width(shaper: Shaper, row: str, width: int, columns: tuple[str, ...]) -> None:
    remedy = f"expected {' '.join(columns)}, tab-separated; quoting must hold for the whole file"
    if width == len(columns) - 1:
        remedy += "; XTREME's download strips the labels of its test files: put them back"
    shaper.faults.add(row, f"has {width} columns instead of {len(columns)}", remedy)
