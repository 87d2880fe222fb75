"""One sentence from a table's numbers, which never says more than the intervals carry.

Bounds are rounded outwards, and what is claimed follows from the bounds as they are printed: a gain
where both are above 0, a loss where both are below, else neither. What is not estimable is said to
be so, with the reason. *For languages like these* and *for these languages* are never mixed.
After Altman and Bland (1995), Absence of evidence is not evidence of absence (BMJ 311): "neither is
shown", never "no effect". Not for intervals read one by one from many: give the lines of a table
(`multiplicity.table`), whose intervals hold all at once, and the sentence says that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sweeps.statistics.crossed import Estimate, Interval, Statement
from sweeps.statistics.multiplicity import TableLine
from sweeps.statistics.precedence import OrderEffects
from sweeps.statistics.replicability import Replicability
from sweeps.statistics.saturation import Saturation
from sweeps.statistics.winners_curse import HonestGain

_OF = {
    Statement.LIKE_THESE: "for languages like these",
    Statement.THESE: "for these languages alone",
}
_CLAIMS = {1: "a gain is shown", -1: "a loss is shown", 0: "neither gain nor loss is shown"}


@dataclass(frozen=True)
class Bounds:
    """An interval as it is printed: two digits, rounded outwards."""

    low: float
    high: float

    @classmethod
    def of(cls, interval: Interval) -> Bounds:
        """Never narrower than `interval`."""
        return cls(math.floor(interval.low * 100) / 100, math.ceil(interval.high * 100) / 100)

    @property
    def claim(self) -> int:
        """What both bounds say: 1 a gain, -1 a loss, 0 neither."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def __str__(self) -> str:
        return f"between {_points(self.low)} and {_points(self.high)} points"


def gains(what: str, lines: Mapping[str, Estimate | TableLine]) -> str:
    """What can be said of `what` in each place of `lines`: families, plans, targets.

    Args:
        what: as "the gain of 3 tasks over 1".
        lines: estimates, or lines of a corrected table, by what they are of, as "Uralic".

    Raises:
        ValueError: there is no line, or lines differ in statement, level or in being corrected.
    """
    if not lines:
        raise ValueError("nothing to speak of")
    known = {place: line for place, line in lines.items() if _interval(line) is not None}
    silent = {place: line for place, line in lines.items() if place not in known}
    if not known:
        return f"Nothing can be said of {what} {_places(silent)}."
    said = [
        f"{Bounds.of(interval)} in {place} ({_n(_estimate(line))}; {_claim(interval)})"
        for place, line in known.items()
        if (interval := _interval(line)) is not None
    ]
    rest = f"; nothing can be said of it {_places(silent)}" if silent else ""
    return f"{_confidence(list(lines.values()))}, {what} lies {_joined(said)}{rest}."


def saturated(found: Saturation) -> str:
    """From which count of intermediate tasks more of them are not shown to help."""
    lines = list(found.contrasts.values())
    if not lines:
        return "With one count of tasks nothing can be said of more or fewer."
    if any(line.interval is None for line in lines):
        obstacle = next(line.estimate.obstacle for line in lines if line.interval is None)
        return f"Nothing can be said of where the gain stops growing with count ({obstacle})."
    if found.enough is None or found.not_ruled_out is None:
        return (
            f"{_confidence(lines)}, each count of intermediate tasks but the highest, "
            f"{max(found.counts)}, is bettered by a higher one: where the gain stops growing is "
            "not known."
        )
    most = math.ceil(found.not_ruled_out * 100) / 100
    return (
        f"{_confidence(lines)}, no count above {_tasks(found.enough)} is shown to gain more; up to "
        f"{most:.2f} points more are not ruled out."
    )


def ordered(found: OrderEffects) -> str:
    """Which of two intermediate tasks is better trained before the other."""
    lines: dict[str, TableLine | None] = {
        f"{a} before {b}": one.line for (a, b), one in found.pairs.items()
    }
    lines |= {f"{a} and {b}": None for a, b in found.not_estimable}
    if not lines:
        return "No two tasks stand in a plan together: nothing can be said of order."
    known = {name: line for name, line in lines.items() if line and line.interval}
    silent = {name: line for name, line in lines.items() if name not in known}
    reasons = [
        f"{name} ({line.estimate.obstacle if line else 'orders tried do not tell'})"
        for name, line in silent.items()
    ]
    if not known:
        return f"Nothing can be said of the order of {_joined(reasons)}."
    said = [
        f"{Bounds.of(line.interval)} for {name} ({_n(line.estimate)}; {_claim(line.interval)})"
        for name, line in known.items()
        if line.interval is not None
    ]
    rest = f"; nothing can be said of the order of {_joined(reasons)}" if reasons else ""
    confidence = _confidence(list(known.values()))
    return f"{confidence}, one order less the other lies {_joined(said)}{rest}."


def replicated(where: str, found: Replicability) -> str:
    """In how many languages of `where` a gain is shown."""
    of = f"{found.languages} language{'s' if found.languages != 1 else ''} of {where}"
    if len(found.not_estimable) == found.languages:
        return f"Nothing can be said of the number of the {of} that gain (one seed, or no spread)."
    confidence = f"With {100 * found.level:g} % confidence"
    if not found.count:
        return f"{confidence}, a gain is shown in none of the {of}."
    names = f" ({', '.join(found.named)})" if found.named else ""
    return f"{confidence}, there is a gain in at least {found.count} of the {of}{names}."


def chosen(found: HonestGain[str]) -> str:
    """What the best of many plans gains, and how it looks."""
    looks = (
        f"{found.chosen}, the best of {found.plans} on dev, looks like {found.looks:+.2f} points "
        "on the seeds that chose it"
    )
    if found.estimate is None or found.estimate.interval is None:
        return f"{looks}; nothing can be said of what it gains on others ({found.obstacle})."
    interval = found.estimate.interval
    like = found.estimate.statement == Statement.LIKE_THESE
    where = "a seed and a language that did not choose" if like else "a seed that did not choose"
    return (
        f"{looks}; {_lower(_confidence([found.estimate]))}, choosing in this way gains "
        f"{Bounds.of(interval)} on {where} ({_n(found.estimate)}; "
        f"{_claim(interval)}); the choice is the same for {found.agreement} of "
        f"{len(found.choices)} cells."
    )


def _confidence(lines: Sequence[Estimate | TableLine]) -> str:
    """The level, whether all hold at once, and of what languages: one for all lines."""
    kinds = {
        (interval.level, _estimate(line).statement, isinstance(line, TableLine))
        for line in lines
        if (interval := _interval(line)) is not None
    }
    if len(kinds) != 1:
        raise ValueError("lines differ in level, statement or correction: they are two sentences")
    (level, statement, corrected) = kinds.pop()
    at_once = " in all of them together" if corrected and len(lines) > 1 else ""
    return f"With {100 * level:g} % confidence{at_once}, {_OF[statement]}"


def _estimate(line: Estimate | TableLine) -> Estimate:
    return line.estimate if isinstance(line, TableLine) else line


def _interval(line: Estimate | TableLine) -> Interval | None:
    return line.interval


def _claim(interval: Interval) -> str:
    return _CLAIMS[Bounds.of(interval).claim]


def _n(estimate: Estimate) -> str:
    return f"{_count(estimate.languages, 'language')}, {_count(estimate.seeds, 'seed')}"


def _places(lines: Mapping[str, Estimate | TableLine]) -> str:
    return _joined([f"in {place} ({_estimate(line).obstacle})" for place, line in lines.items()])


def _joined(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _points(value: float) -> str:
    """As +0.50 or −0.50, with a true minus; nothing is 0.00."""
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"


def _tasks(count: int) -> str:
    return _count(count, "intermediate task")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
