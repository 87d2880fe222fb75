"""A report as a value: sections of paragraphs, tables and figures, built once, drawn in many ways.

Every number in it is plain and at full precision; how it is written is `cells`'s business. Who
draws it (`terminal`, `page`, `files`, `to_json`) computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None


class Kind(StrEnum):
    """What a column holds; its unit."""

    TEXT = "text"
    YES_NO = "yes or no"
    COUNT = "count"
    PERCENT = "percent"
    POINTS = "percentage points"
    PROBABILITY = "probability"
    SECONDS = "seconds"
    SETTING = "setting"


@dataclass(frozen=True)
class Column:
    """A column of data, as files have it."""

    name: str
    kind: Kind = Kind.TEXT


class Cell(StrEnum):
    """How a column that is shown is made of the columns of data that it is `of`."""

    PLAIN = "the value"
    SCORE_AND_GAIN = "score (gain)"
    GAIN_AND_DOUBT = "gain ± half of the interval"
    INTERVAL = "low … high, or why there is none, where a third column says it"
    TRIAL = "the trial's number, where it is no baseline beside it"
    PLAN_AND_TRIAL = "plan (trial)"
    SETTINGS = "searched settings, short"


@dataclass(frozen=True)
class Shown:
    """A column as people read it.

    Attributes:
        of: names of the columns of data that it is made of.
        folds: whether a long text goes on in a further line, however narrow the screen is.
        otherwise: what stands where there is no value.
    """

    label: str
    of: tuple[str, ...]
    cell: Cell = Cell.PLAIN
    folds: bool = False
    otherwise: str = "–"


@dataclass(frozen=True)
class Table:
    """Rows of plain values, and which columns of them people are shown.

    Attributes:
        name: of its files: small letters and hyphens.
        caption: what it shows.
        shown: every column of data as it is, where none is named.
        sentence: what its numbers say, in words; empty where nobody has said it.
        notes: what has to be known to read it.
        most: rows that a page has; files have all.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    shown: tuple[Shown, ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    most: int = 200

    def __post_init__(self) -> None:
        """Raises ValueError: a row of another length, or a column that is shown and not there."""
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.name}: two columns of one name")
        if any(len(row) != len(names) for row in self.rows):
            raise ValueError(f"{self.name}: a row that has not {len(names)} values")
        if missing := {name for shown in self.shown for name in shown.of} - set(names):
            raise ValueError(f"{self.name}: no column {', '.join(sorted(missing))}")

    @property
    def heads(self) -> tuple[Shown, ...]:
        """The columns that people are shown."""
        return self.shown or tuple(
            Shown(column.name.replace("_", " "), (column.name,)) for column in self.columns
        )

    def kind(self, name: str) -> Kind:
        """What a column of data holds."""
        return next(column.kind for column in self.columns if column.name == name)

    def column(self, name: str) -> tuple[Value, ...]:
        """The values of a column of data."""
        at = next(n for n, column in enumerate(self.columns) if column.name == name)
        return tuple(row[at] for row in self.rows)


@dataclass(frozen=True)
class Forest:
    """A point and its interval a line, 0 marked. All are names of columns of the figure's data."""

    label: str
    value: str
    low: str
    high: str
    panel: str
    why_none: str = ""


@dataclass(frozen=True)
class Heat:
    """A coloured square a row and column, its number in it; columns of one `group` together."""

    row: str
    column: str
    value: str
    group: str = ""


@dataclass(frozen=True)
class Curve:
    """Values with their intervals over a count; a line each value of `series`."""

    x: str
    value: str
    low: str
    high: str
    series: str


@dataclass(frozen=True)
class Tree:
    """Plans that begin alike hang under what they share; a bar for what each gained."""

    plan: str
    trial: str
    value: str


Drawing: TypeAlias = Forest | Heat | Curve | Tree


@dataclass(frozen=True)
class Figure:
    """A picture of a table.

    Attributes:
        name: of its file.
        alternative: what it shows, for who cannot see it.
        data: what is drawn, and nothing else.
    """

    name: str
    caption: str
    alternative: str
    drawing: Drawing
    data: Table


class Tone(StrEnum):
    """How much a paragraph stands out."""

    STRONG = "strong"
    PLAIN = "plain"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True)
class Paragraph:
    """A sentence or a few."""

    text: str
    tone: Tone = Tone.PLAIN


Part: TypeAlias = Paragraph | Table | Figure


@dataclass(frozen=True)
class Section:
    """What belongs together.

    Attributes:
        name: what links lead to.
        title: empty where the first part says it.
    """

    name: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """A report."""

    title: str
    sections: tuple[Section, ...] = field(default=())

    def tables(self) -> Iterator[Table]:
        """Every table, those behind figures among them, each name once, in order."""
        seen: set[str] = set()
        for section in self.sections:
            for part in section.parts:
                found = part.data if isinstance(part, Figure) else part
                if isinstance(found, Table) and found.name not in seen:
                    seen.add(found.name)
                    yield found

    def figures(self) -> Iterator[Figure]:
        """Every figure, in order."""
        for section in self.sections:
            yield from (part for part in section.parts if isinstance(part, Figure))
