"""A report drawn on a terminal, and in plain text files. Says nothing that the report does not."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from sweeps.report.cells import is_number, texts
from sweeps.report.document import Figure, Paragraph, Part, Report, Table, Tone

_STYLES = {Tone.STRONG: "bold", Tone.QUIET: "dim"}


def drawn(document: Report) -> RenderableType:
    """Sections with an empty line between; a figure is shown as its data."""
    parts: list[RenderableType] = []
    for section in document.sections:
        parts += [Text()] if parts else []
        parts += [Text(section.title, style="bold")] if section.title else []
        parts += [_drawn(part) for part in section.parts]
    return Group(*parts)


def _drawn(part: Part) -> RenderableType:
    if isinstance(part, Paragraph):
        return Text(part.text, style=_STYLES.get(part.tone, ""))
    return _table(part.data if isinstance(part, Figure) else part)


def _table(table: Table) -> RichTable:
    found = RichTable(title=table.caption, title_justify="left")
    for head in table.heads:
        found.add_column(
            head.label,
            justify="right" if is_number(table, head) else "left",
            overflow="fold" if head.folds else "ellipsis",
        )
    for row in texts(table):
        found.add_row(*row)
    return found
