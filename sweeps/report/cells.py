"""How the values of a report are written for people: digits, signs, and what is not there.

The same on a terminal and on a page. Numbers stay as they are in what programs read.
"""

from __future__ import annotations

from sweeps.report.document import Cell, Kind, Shown, Table, Value
from sweeps.results.settings import short
from sweeps.statistics.points import signed

SETTING = "setting_"  # what the name of a column begins with that holds a searched setting


def texts(table: Table) -> list[list[str]]:
    """The table as people read it: a text for each row and each column that is shown."""
    place = {column.name: n for n, column in enumerate(table.columns)}
    heads = [(shown, [place[name] for name in shown.of]) for shown in table.heads]
    kinds = [column.kind for column in table.columns]
    return [
        [
            _text(shown, [row[n] for n in at], kinds[at[0]] if at else Kind.TEXT)
            for shown, at in heads
        ]
        for row in table.rows
    ]


def is_number(table: Table, shown: Shown) -> bool:
    """Whether a shown column is set to the right, as numbers are."""
    if shown.cell in (Cell.PLAN_AND_TRIAL, Cell.SETTINGS):
        return False
    return table.kind(shown.of[0]) not in (Kind.TEXT, Kind.YES_NO)


def plain_text(value: Value, kind: Kind) -> str:
    """One value that is there."""
    if kind == Kind.PERCENT:
        return f"{value:.2f}"
    if kind == Kind.POINTS:
        return signed(float(value or 0.0))
    if kind == Kind.PROBABILITY:
        return "< 0.001" if float(value or 0.0) < 0.001 else f"{value:.3f}"
    if kind == Kind.SECONDS:
        return f"{value:,.1f}"
    if kind == Kind.YES_NO:
        return "yes" if value else "no"
    return str(value)


def _text(shown: Shown, values: list[Value], kind: Kind) -> str:
    if shown.cell == Cell.SETTINGS:
        return short(_settings(shown.of, values))
    if shown.cell == Cell.INTERVAL and any(value is not None for value in values):
        low, high, *reason = values
        return interval_text(low, high, reason[0] if reason else None)
    if values[0] is None:
        return shown.otherwise
    match shown.cell, values:
        case Cell.SCORE_AND_GAIN, [score, gain, half]:
            said = "no baseline" if gain is None else plain_text(gain, Kind.POINTS)
            doubt = "" if half is None else f" ± {half:.2f}"
            return f"{plain_text(score, kind)} ({said}{doubt})"
        case Cell.GAIN_AND_DOUBT, [gain, half]:
            doubt = "not estimable" if half is None else f"± {half:.2f}"
            return f"{plain_text(gain, kind)} {doubt}"
        case Cell.TRIAL, [number, beside]:
            return shown.otherwise if beside else str(number)
        case Cell.PLAN_AND_TRIAL, [plan, number, beside]:
            return f"{plan} ({'beside trial' if beside else 'trial'} {number})"
    return plain_text(values[0], kind)


def interval_text(low: Value, high: Value, obstacle: Value) -> str:
    """An interval in words, or why there is none; as `Estimate.interval_text`."""
    if low is None or high is None:
        return f"not estimable ({obstacle})"
    return f"{signed(float(low))} … {signed(float(high))}"


def _settings(names: tuple[str, ...], values: list[Value]) -> dict[str, Value]:
    return {
        name.removeprefix(SETTING): value
        for name, value in zip(names, values, strict=True)
        if value is not None
    }
