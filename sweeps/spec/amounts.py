"""Readers of what a stage takes: `gpus` and `memory`, one for all kinds of stages or one a kind.

As `parsers`, of which this is a part: each raises `UserMistake` with `where` left empty.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable

from sweeps.spec.sweep import EVERY_KIND
from xlt_core.stages import KINDS
from xlt_core.vocabulary.errors import Mistake, UserMistake

MEMORY = r"^\s*\d+(\.\d+)?\s*[MGT]i?B\s*$"
_SIZES = "write it with its unit, as 8GB or 500MB"
_UNITS = {"M": 2, "G": 3, "T": 4}


def read_gpus(value: object) -> dict[str, float]:
    """GPUs of a stage, from 0 to 1, by kind."""
    return _by_kind(value, _gpus)


def read_memory(value: object) -> dict[str, float]:
    """Bytes of memory of a worker, by kind, from texts as `8GB` and `500MiB`."""
    return _by_kind(value, _memory)


def _by_kind(value: object, read: Callable[[object], float]) -> dict[str, float]:
    if not isinstance(value, dict):
        return {EVERY_KIND: read(value)}
    unknown = [str(kind) for kind in value if kind not in KINDS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], KINDS, 1)
        remedy = f"write {near[0]}" if near else f"kinds are {', '.join(KINDS)}"
        raise _wrong(f"{unknown[0]!r} is no kind of stage", remedy)
    if not value:
        raise _wrong("names no kind of stage", "leave the field out, or write one amount for all")
    return {kind: read(amount) for kind, amount in value.items()}


def _gpus(value: object) -> float:
    remedy = "write 1, or a part as 0.5, which lets two stages share a GPU; 0 computes on the CPU"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(f"{value!r} is not a number of GPUs", remedy)
    if value > 1:
        what = f"{value:g}: one stage computes on one GPU, not yet on several"
        soon = "`gpus: 2` and more, one stage on several GPUs, is to come; more workers share more"
        raise _wrong(what, f"write 1 ({soon} GPUs)")
    if value < 0 or 0 < value < 0.01:
        raise _wrong(f"{value:g} is no part of a GPU that a stage could do with", remedy)
    return float(value)


def _memory(value: object) -> float:
    found = re.fullmatch(MEMORY, value) if isinstance(value, str) else None
    if found is None:
        raise _wrong(f"{value!r} is not a size of memory", _SIZES)
    number, unit = re.split(r"\s*(?=[MGT])", str(value).strip())
    base = 1024 if unit.endswith("iB") else 1000
    size = float(number) * base ** _UNITS[unit[0]]
    if size < 1e6:
        raise _wrong(f"{value} is too little for any worker", _SIZES)
    return float(int(size))


def _wrong(what: str, remedy: str) -> UserMistake:
    return UserMistake(Mistake("", what, remedy))
