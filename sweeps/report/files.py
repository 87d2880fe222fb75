"""A report as files: `report.html`, `report.json`, `tables/*.csv`, `tables/*.parquet`,
`figures/*.svg`. The same report has the same bytes.

Each file is written whole. What an earlier report left there, and this one has not, goes;
`report.json` says which files are a report's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sweeps.report.artifacts import PAGE
from sweeps.report.document import Report
from sweeps.report.plain import to_csv, to_json, to_parquet
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.files import Files

DATA = "report.json"


def write_report(report: Report, files: Files, where: str) -> None:
    """Write all of a report.

    Args:
        where: the place in a user's words, as an option has it.

    Raises:
        UserMistake: there is a file of such a name that no report wrote.
        OSError: it cannot be written.
    """
    found = contents(report)
    before = _own(files)
    if foreign := next((name for name in found if name not in before and files.has(name)), None):
        what = f"holds {foreign}, which no report wrote"
        raise UserMistake(Mistake(where, what, "name a new or empty folder; this stays as it is"))
    files.put(DATA, found.pop(DATA))  # first: what is written from here on is known to be ours
    for name, data in found.items():
        files.put(name, data)
    for name in sorted(before - {DATA, *found}):
        files.remove(name)


def contents(report: Report) -> dict[str, bytes]:
    """Every file by name."""
    from sweeps.report.drawing import svg
    from sweeps.report.page import html

    drawn = {figure.name: svg(figure) for figure in report.figures()}
    texts = {PAGE: html(report, drawn)}
    texts |= {f"figures/{name}.svg": text for name, text in drawn.items()}
    found = {name: text.encode() for name, text in texts.items()}
    for table in report.tables():
        text = to_csv(table)
        found[f"tables/{table.name}.csv"] = text.encode()
        found[f"tables/{table.name}.parquet"] = to_parquet(table, text)
    return found | {DATA: _data(report, [*found, DATA])}


def _data(report: Report, names: Iterable[str]) -> bytes:
    value = {"files": sorted(names), **to_json(report)}
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _own(files: Files) -> set[str]:
    """Names of the files that an earlier report wrote here."""
    try:
        known = json.loads(files.read(DATA) or "{}")
        names = known["files"]
        return {name for name in names if isinstance(name, str) and _may_be_ours(name)}
    except (ValueError, KeyError, TypeError):
        return set()


def _may_be_ours(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return folder in ("", "tables", "figures") and not file.startswith(".") and "\\" not in file
