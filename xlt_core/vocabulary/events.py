"""Events: what happened, when. One JSON line each in a sweep's `events.jsonl`.

Progress bars, logs and MLflow are all drawn from these; nothing decides by them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xlt_core.vocabulary.lines import json_line

# kinds: stage_started stage_progress stage_finished stage_failed stage_retried stage_interrupted
#        stage_cancelled stages_left trial_started trial_finished trial_failed trial_interrupted
#        sweep_started sweep_waits sweep_finished worker_failed workers phase message


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        kind: one of the kinds listed above.
        at: seconds since the epoch.
        stage: the stage's key, or empty.
        trial: the trial's number, or None.
        fields: whatever the kind carries (title, step, steps, loss, scores, error, …).
    """

    kind: str
    stage: str = ""
    trial: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        taken = {"kind", "at", "stage", "trial"} & set(self.fields)
        if taken:
            raise ValueError(f"an event has fields of its own called {sorted(taken)}")

    def to_line(self) -> str:
        """One line of JSON, without the line end."""
        return json_line(
            {
                "kind": self.kind,
                "at": round(self.at, 3),
                "stage": self.stage,
                "trial": self.trial,
                **self.fields,
            }
        )

    @classmethod
    def from_line(cls, line: str) -> Event:
        """Read what `to_line` wrote. Raises ValueError on any other line, as a torn one."""
        try:
            data = json.loads(line)
        except RecursionError:
            raise ValueError("is nested too deeply") from None
        if not isinstance(data, dict):
            raise ValueError("is no object")
        named = {name: data.pop(name) for name in _NAMED if name in data}
        if not named.keys() >= {"kind", "at"}:
            raise ValueError("is no event")
        for name, value in named.items():
            if not isinstance(value, _NAMED[name]) or isinstance(value, bool):
                raise ValueError(f"{name} is no event's")
        if not abs(named["at"]) < _END_OF_TIME:
            raise ValueError("at is no time")
        return cls(**named, fields=data)


_NAMED: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "at": (int, float),
    "stage": (str,),
    "trial": (int, type(None)),
}
_END_OF_TIME = 1e11  # seconds; no calendar goes far beyond
