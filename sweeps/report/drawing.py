"""Figures as SVG, by matplotlib: the same bytes for the same figure, its words as text.

What is drawn are the plain values of a figure's table. `page` takes the same pictures into HTML.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sweeps.report.document import Curve, Figure, Forest, Heat, Table, Tree, Value
from sweeps.report.plan_picture import picture
from sweeps.statistics.points import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK, FAINT = "#1b1b1b", "#8a8a8a"
GAIN, LOSS, POINT = "#2a7f62", "#b5483a", "#3b76b8"
_ROW = 0.34  # inches of a line
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a plan's name is text, whatever signs are in it
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def svg(figure: Figure) -> str:
    """The figure as an SVG file's text."""
    drawing, data = figure.drawing, figure.data
    if isinstance(drawing, Tree):
        return picture(_entries(drawing, data))
    with _canvas(figure.name) as (canvas, text):
        if isinstance(drawing, Forest):
            _forest(canvas, drawing, data)
        elif isinstance(drawing, Heat):
            _heat(canvas, drawing, data)
        else:
            _curve(canvas, drawing, data)
    return text.getvalue()


def inline(text: str, name: str) -> str:
    """An SVG file's text as a part of a page: ids of its own, and the page's colours of words."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid=")|(href="#)|(url\(#)', lambda found: f"{found[0]}{name}-", body)
    body = body.replace('<rect width="100%" height="100%" fill="white"/>', "")
    for colour in (INK, "#111", "#333"):
        body = re.sub(rf"{colour}\b", "var(--ink)", body)
    for colour in (FAINT, "#888"):
        body = re.sub(rf"{colour}\b", "var(--faint)", body)
    return _readable(body)


def _readable(body: str) -> str:
    """Not to be made so small on a narrow screen that its words cannot be read: it scrolls."""
    found = re.search(r'<svg[^>]* width="([\d.]+)(pt|)"', body)
    if found is None:
        return body
    pixels = float(found[1]) * (4 / 3 if found[2] else 1)
    return body.replace("<svg", f'<svg style="min-width: {0.75 * pixels:.0f}px"', 1)


@contextmanager
def _canvas(name: str) -> Iterator[tuple[Canvas, io.StringIO]]:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    text = io.StringIO()
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        canvas = Canvas()
        FigureCanvasSVG(canvas)
        yield canvas, text
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        canvas.savefig(text, format="svg", metadata=nothing, bbox_inches="tight", transparent=True)


def _forest(canvas: Canvas, drawing: Forest, data: Table) -> None:
    rows = list(_rows(data, drawing.panel, drawing.label, drawing.value, drawing.low, drawing.high))
    reasons = data.column(drawing.why_none) if drawing.why_none else (None,) * len(rows)
    panels = list(dict.fromkeys(row[0] for row in rows))
    canvas.set_size_inches(7.2, _ROW * (len(rows) + len(panels)) + 0.9)
    axes = canvas.subplots()
    axes.axvline(0, color=FAINT, linewidth=1, linestyle="--")
    places, labels, at = [], [], 0
    for panel in panels:
        at += 1
        axes.text(
            -0.01,
            at,
            str(panel),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontweight="bold",
        )
        for row, reason in zip(rows, reasons, strict=True):
            if row[0] == panel:
                at += 1
                places.append(at)
                labels.append(str(row[1]))
                _line(axes, at, *cast(tuple[float, float | None, float | None], row[2:]), reason)
    axes.set_yticks(places, labels)
    axes.set_ylim(at + 0.7, 0.3)
    axes.set_xlabel("gain, percentage points")
    axes.tick_params(axis="y", length=0)


def _line(
    axes: Axes, at: int, mean: float, low: float | None, high: float | None, reason: Value
) -> None:
    if low is not None and high is not None:
        axes.plot([low, high], [at, at], color=POINT, linewidth=2, solid_capstyle="butt")
        axes.plot([mean], [at], "o", color=POINT, markersize=6)
        return
    axes.plot([mean], [at], "o", color=POINT, markersize=6, markerfacecolor="none")
    axes.annotate(
        f"not estimable ({reason})",
        (mean, at),
        (8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def _heat(canvas: Canvas, drawing: Heat, data: Table) -> None:
    cells = {(r, c): v for r, c, v in _rows(data, drawing.row, drawing.column, drawing.value)}
    rows = list(dict.fromkeys(data.column(drawing.row)))
    columns = list(dict.fromkeys(data.column(drawing.column)))
    groups = data.column(drawing.group) if drawing.group else data.column(drawing.column)
    group_of = dict(zip(data.column(drawing.column), groups, strict=True))
    most = max((abs(float(v)) for v in cells.values() if v is not None), default=0.0) or 1.0
    wide = max(len(str(row)) for row in rows) * 0.085
    canvas.set_size_inches(wide + 0.5 * len(columns) + 0.6, _ROW * len(rows) + 1.4)
    axes = canvas.subplots()
    squares = [
        (x, y, cast("float | None", cells.get((row, column))))
        for y, row in enumerate(rows)
        for x, column in enumerate(columns)
    ]
    _squares(axes, [(x, y, value / most) for x, y, value in squares if value is not None])
    for x, y, value in squares:
        _number(axes, x, y, value, most)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    axes.set_xticks([n + 0.5 for n in range(len(columns))], list(map(str, columns)))
    if max(len(str(column)) for column in columns) > 4:
        axes.tick_params(axis="x", rotation=35)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")
    axes.set_yticks([n + 0.5 for n in range(len(rows))], list(map(str, rows)))
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    if drawing.group:
        _groups(axes, [group_of[column] for column in columns], len(rows))


def _squares(axes: Axes, shares: Sequence[tuple[int, int, float]]) -> None:
    """All in one: a thousand patches of their own take seconds."""
    from matplotlib.collections import PolyCollection

    corners = ((0.03, 0.04), (0.97, 0.04), (0.97, 0.96), (0.03, 0.96))
    axes.add_collection(
        PolyCollection(
            [[(x + right, y + down) for right, down in corners] for x, y, _ in shares],
            facecolors=[shade(share) for _, _, share in shares],
            linewidths=0,
        ),
        autolim=False,
    )


def _number(axes: Axes, x: int, y: int, value: float | None, most: float) -> None:
    said, colour = "–", INK
    if value is not None:
        said = f"{value:+.1f}" if round(value, 1) else "0.0"
        colour = word_on(shade(value / most))
    words = axes.text(x + 0.5, y + 0.5, said, ha="center", va="center", fontsize=7, color=colour)
    words.set_in_layout(False)  # it is within the axes: not to be measured again


def _groups(axes: Axes, groups: Sequence[Value], rows: int) -> None:
    """The names of neighbouring columns' groups above them, and lines between."""
    start = 0
    for at in range(1, len(groups) + 1):
        if at == len(groups) or groups[at] != groups[start]:
            axes.text(
                (start + at) / 2,
                -0.25,
                str(groups[start]),
                ha="left",
                va="bottom",
                rotation=35,
                fontsize=8,
                rotation_mode="anchor",
            )
            if at < len(groups):
                axes.plot([at, at], [0, rows], color=FAINT, linewidth=1.2)
            start = at


def _curve(canvas: Canvas, drawing: Curve, data: Table) -> None:
    canvas.set_size_inches(6.4, 3.2)
    axes = canvas.subplots()
    axes.axhline(0, color=FAINT, linewidth=1, linestyle="--")
    rows = cast(
        "list[tuple[int, float, float | None, float | None]]",
        list(_rows(data, drawing.x, drawing.value, drawing.low, drawing.high)),
    )
    axes.plot([row[0] for row in rows], [row[1] for row in rows], color=POINT, linewidth=1)
    for x, mean, low, high in rows:
        fill = "none"
        if low is not None and high is not None:
            fill = POINT
            axes.plot([x, x], [low, high], color=POINT, linewidth=2, solid_capstyle="butt")
        axes.plot([x], [mean], "o", color=POINT, markerfacecolor=fill)
        axes.annotate(signed(mean), (x, mean), (8, 4), textcoords="offset points", fontsize=8)
    axes.set_xticks(sorted({row[0] for row in rows}))
    axes.set_xlabel("intermediate tasks")
    axes.set_ylabel("gain, percentage points")
    axes.margins(x=0.15)


def shade(share: float) -> str:
    """From white to the colour of a gain, or of a loss; `share` of the largest of both, signed."""
    parts = _parts(GAIN if share >= 0 else LOSS)
    return "#" + "".join(f"{round(255 + (part - 255) * abs(share)):02x}" for part in parts)


def word_on(colour: str) -> str:
    """Black or white, whichever is told better from the colour (WCAG 2.2, relative luminance)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (one / 255 for one in _parts(colour))
    ]
    luminance = sum(weight * part for weight, part in zip(_LUMINANCE, linear, strict=True))
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def _parts(colour: str) -> list[int]:
    return [int(colour[n : n + 2], 16) for n in (1, 3, 5)]


def _entries(drawing: Tree, data: Table) -> list[dict[str, object]]:
    return [
        {
            "plan": plan,
            "steps": [] if plan == "(none)" else str(plan).split(" > "),
            "trial": trial,
            "gain": gain,
        }
        for plan, trial, gain in _rows(data, drawing.plan, drawing.trial, drawing.value)
    ]


def _rows(data: Table, *names: str) -> Iterator[tuple[Value, ...]]:
    return zip(*(data.column(name) for name in names), strict=True)
