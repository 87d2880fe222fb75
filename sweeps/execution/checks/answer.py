"""How a job says what it found: one line, so that nothing else that it prints is taken for it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sweeps.execution.checks.check import LookedAt

_ANSWER = "xlt-doctor: "


def to_answer(found: Iterable[LookedAt]) -> str:
    """The line."""
    return _ANSWER + json.dumps([each.to_json() for each in found])


def answer_in(said: str) -> tuple[LookedAt, ...] | None:
    """What a job found, from all that it wrote; None where it has not come to that."""
    for line in said.splitlines():
        if line.startswith(_ANSWER):
            return tuple(LookedAt.from_json(each) for each in json.loads(line[len(_ANSWER) :]))
    return None
