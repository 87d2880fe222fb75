"""Settings: the searched numbers of a sweep, by their dotted path, and the space they form.

`space` is the same for plans; `candidates` joins the two.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.spec.sweep import Range, Settings, Value
from xlt_core.vocabulary.fingerprint import canonical_json


@dataclass(frozen=True)
class SettingsSpace:
    """The searched fields: a `Range` by dotted path, in sorted order."""

    ranges: Mapping[str, Range] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranges", dict(sorted(self.ranges.items())))

    @property
    def size(self) -> int | None:
        """Number of different settings; None where a field is continuous. No field: 1."""
        sizes = [extent(range_) for range_ in self.ranges.values()]
        found = [size for size in sizes if size is not None]
        return math.prod(found) if len(found) == len(sizes) else None

    def only(self, paths: Collection[str]) -> SettingsSpace:
        """The space of these fields alone."""
        return SettingsSpace({path: r for path, r in self.ranges.items() if path in paths})

    def opening(self) -> dict[str, Value]:
        """The baseline's settings: the first choice, the middle of a range."""
        return {path: range_.opening for path, range_ in self.ranges.items()}

    def draw(self, seed: int) -> dict[str, Value]:
        """Settings drawn at random, log-uniform where the range is `log`."""
        source = random.Random(seed)
        return {path: _draw(range_, source) for path, range_ in self.ranges.items()}

    def rank(self, settings: Settings) -> int:
        """Position among all settings, the last path varying fastest (finite spaces only)."""
        rank = 0
        for path, range_ in self.ranges.items():
            rank = rank * (extent(range_) or 1) + _position(range_, settings[path])
        return rank

    def unrank(self, rank: int) -> dict[str, Value]:
        """The settings at `rank` (finite spaces only)."""
        found: dict[str, Value] = {}
        for path in reversed(list(self.ranges)):
            range_ = self.ranges[path]
            rank, at = divmod(rank, extent(range_) or 1)
            found[path] = _value(range_, at)
        return dict(sorted(found.items()))

    def restore(self, settings: Settings) -> dict[str, Value]:
        """Settings as they were before they went through JSON (a tuple comes back as a list)."""
        return {
            path: _restore(self.ranges[path], value) if path in self.ranges else value
            for path, value in settings.items()
        }


def label(choice: object) -> str:
    """A choice as text: what a dashboard shows, and what two choices are told apart by."""
    return choice if isinstance(choice, str) else canonical_json(choice)


def extent(range_: Range) -> int | None:
    """Number of values a field may take; None where it is continuous."""
    if range_.kind == "choice":
        return len(range_.choices)
    if range_.low == range_.high:
        return 1
    return int(range_.high) - int(range_.low) + 1 if range_.kind == "int" else None


def values(range_: Range) -> Iterator[Value]:
    """Every value a field may take, in order (finite fields only)."""
    return (_value(range_, at) for at in range(extent(range_) or 1))


def _draw(range_: Range, source: random.Random) -> Value:
    match range_.kind:
        case "choice":
            return source.choice(range_.choices)
        case "int":
            return source.randint(int(range_.low), int(range_.high))
        case "log":
            drawn = math.exp(source.uniform(math.log(range_.low), math.log(range_.high)))
            return min(max(drawn, range_.low), range_.high)
    return source.uniform(range_.low, range_.high)


def _position(range_: Range, value: Any) -> int:
    if range_.kind == "choice":
        return [label(choice) for choice in range_.choices].index(label(value))
    return int(value) - int(range_.low) if range_.kind == "int" else 0


def _value(range_: Range, at: int) -> Value:
    if range_.kind == "choice":
        return range_.choices[at]
    return int(range_.low) + at if range_.kind == "int" else range_.low


def _restore(range_: Range, value: Value) -> Value:
    if range_.kind != "choice":
        return value
    return next((own for own in range_.choices if label(own) == label(value)), value)
