"""A report for programs: as plain data, as CSV and as Parquet. Numbers at full precision."""

from __future__ import annotations

import csv
import io
from typing import Any

from sweeps.report.document import Column, Figure, Kind, Paragraph, Part, Report, Table, Value

_BY_KIND = {
    Kind.TEXT: "string",
    Kind.YES_NO: "bool",
    Kind.COUNT: "int64",
}


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON has it: sections, their parts in order, tables as columns and rows."""
    return {
        "title": report.title,
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "parts": [_part(part) for part in section.parts],
            }
            for section in report.sections
        ],
    }


def to_csv(table: Table) -> str:
    """One line a row; what is not there is empty, yes and no are `true` and `false`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_plain(value) for value in row] for row in table.rows)
    return text.getvalue()


def to_parquet(table: Table, text: str) -> bytes:
    """The same typed; each column's unit stands in its field's metadata, under `unit`.

    Read off the CSV, whose numbers are whole, so that both say the same; and from values of
    Python's own pyarrow would import pandas first.

    Args:
        text: what `to_csv` has made of it.
    """
    import pyarrow
    from pyarrow import csv as reader
    from pyarrow import parquet

    values = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.columns)
    types = {
        column.name: pyarrow.type_for_alias(_type(column, own))
        for column, own in zip(table.columns, values, strict=True)
    }
    found = reader.read_csv(
        io.BytesIO(text.encode()),
        parse_options=reader.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=reader.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    fields = [
        pyarrow.field(column.name, types[column.name], metadata={"unit": column.kind.value})
        for column in table.columns
    ]
    buffer = io.BytesIO()
    parquet.write_table(found.cast(pyarrow.schema(fields)), buffer)
    return buffer.getvalue()


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Paragraph):
        return {"paragraph": part.text, "tone": part.tone.value}
    if isinstance(part, Figure):
        about = {"figure": part.name, "caption": part.caption, "alternative": part.alternative}
        return {**about, "data": _part(part.data)}
    return {
        "table": part.name,
        "caption": part.caption,
        "sentence": part.sentence,
        "notes": list(part.notes),
        "columns": [{"name": one.name, "unit": one.kind.value} for one in part.columns],
        "rows": [list(row) for row in part.rows],
    }


def _plain(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _type(column: Column, values: tuple[Value, ...]) -> str:
    if column.kind != Kind.SETTING:
        return _BY_KIND.get(column.kind, "float64")
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int}:
        return "int64"
    if kinds <= {int, float}:
        return "float64"
    return "bool" if kinds == {bool} else "string"
