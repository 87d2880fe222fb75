"""What the options of a search method may hold: a rule for each, declared with it (`methods`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.texts import abbreviated


@dataclass(frozen=True)
class SearchOption:
    """What one option may hold. Null is no value: what is not set is left out.

    Attributes:
        kind: `whole`, `number` (a finite one) or `switch` (true or false).
        default: its value where it is not set.
        low, high: least and greatest number.
    """

    kind: str
    default: int | float | bool
    low: float = -math.inf
    high: float = math.inf

    def problem(self, value: Any) -> str:
        """What is wrong with `value`; empty where nothing is."""
        what, types = _KINDS[self.kind]
        # To Python true is a whole number.
        is_switch = isinstance(value, bool)
        if is_switch != (self.kind == "switch") or not issubclass(type(value), types):
            return f"should be {what}, not {_short(value)}"
        return "" if is_switch else self._beyond(value)

    def _beyond(self, value: float) -> str:
        if not -math.inf < value < math.inf:
            return f"should be a finite number, not {value}"
        if value < self.low:
            return f"should be at least {self.low:,}, not {_short(value)}"
        return f"should be at most {self.high:,}, not {_short(value)}" if value > self.high else ""


_KINDS: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "whole": ("a whole number", int),
    "number": ("a number", (int, float)),
    "switch": ("true or false", bool),
}


def wrong_options(
    method: str, given: Mapping[str, object], known: Mapping[str, SearchOption]
) -> Iterator[Mistake]:
    """Every option the method does not have, or not with this value; `where` is its name alone."""
    listed = ", ".join(sorted(known))
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            remedy = f"its options are {listed}" if listed else "it has no options"
            remedy = f"did you mean {near[0]}? {remedy}" if near else remedy
            yield Mistake(name, f"{method} has no such option", remedy)
        elif what := known[name].problem(value):
            remedy = f"leave it out for its default, {str(known[name].default).lower()}"
            yield Mistake(name, what, remedy)


def _short(value: object) -> str:
    try:
        return abbreviated(repr(value))
    except ValueError:  # Python writes out no whole number of more than 4,300 digits
        return "a number that long"
