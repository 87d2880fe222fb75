"""A report as one HTML file that needs nothing else: styles and figures are in it.

The template is `page.html.jinja`, beside it `page.css` and `page.js`; all else comes from the
report. Whatever is a user's text is escaped (`autoescape`).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sweeps.report.cells import is_number, texts
from sweeps.report.document import Figure, Paragraph, Part, Report, Table
from sweeps.report.drawing import inline, svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template


def html(report: Report, drawn: Mapping[str, str] | None = None) -> str:
    """The page.

    Args:
        drawn: figures as SVG by name, where they have been drawn.
    """
    from markupsafe import Markup

    pictures = drawn or {figure.name: svg(figure) for figure in report.figures()}
    own = {name: Markup(inline(text, name)) for name, text in pictures.items()}
    return _template().render(
        report=report,
        kind=_kind,
        rows=_rows,
        is_number=is_number,
        pictures=own,
        style=Markup(_text("page.css")),
        script=Markup(_text("page.js")),
    )


def _kind(part: Part) -> str:
    if isinstance(part, Paragraph):
        return "paragraph"
    return "figure" if isinstance(part, Figure) else "table"


def _rows(table: Table) -> list[list[str]]:
    """As many rows as a page has of the table, as people read them."""
    from dataclasses import replace

    return texts(replace(table, rows=table.rows[: table.most]))


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.from_string(_text("page.html.jinja"))


def _text(name: str) -> str:
    return resources.files("sweeps.report").joinpath(name).read_text("utf-8")
