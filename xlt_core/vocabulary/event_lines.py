"""Events as lines of JSON: how `events.jsonl` is written and read.

A line holds the event's kind, time, stage and trial, then what the kind carries of its own, in the
order of its class, then what a later version may have added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from xlt_core.vocabulary.events import KINDS, Event, OtherEvent
from xlt_core.vocabulary.json_value import JsonValue
from xlt_core.vocabulary.lines import json_line

# A field of its own to the forms that JSON gives it, and whether a line may lack it.
Shape = Mapping[str, tuple[tuple[type, ...], bool]]

# What JSON reads as a field of this type.
_FORMS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "JsonObject": (dict,),
}
_OF_ALL: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "at": (int, float),
    "stage": (str,),
    "trial": (int, type(None)),
}
_END_OF_TIME = 1e11  # seconds; no calendar goes far beyond


def to_line(event: Event) -> str:
    """One line of JSON, without the line end."""
    own = {} if isinstance(event, OtherEvent) else _own(event)
    at = round(event.at, 3)
    of_all = {"kind": event.kind, "at": at, "stage": event.stage, "trial": event.trial}
    return json_line({**of_all, **own, **event.more})


def from_line(line: str) -> Event:
    """Read what `to_line` wrote. Raises ValueError on any other line, as a torn one."""
    try:
        data = json.loads(line)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("is no object")
    of_all = {name: data.pop(name) for name in _OF_ALL if name in data}
    if not of_all.keys() >= {"kind", "at"}:
        raise ValueError("is no event")
    for name, value in of_all.items():
        if type(value) not in _OF_ALL[name]:
            raise ValueError(f"{name} is no event's")
    if not abs(of_all["at"]) < _END_OF_TIME:
        raise ValueError("at is no time")
    return _made(of_all.pop("kind"), of_all, data)


def _made(word: str, of_all: dict[str, Any], data: dict[str, JsonValue]) -> Event:
    """The event of its kind; of no kind where the line is not in its form."""
    kind = KINDS.get(word)
    if kind is None or not _fits(_SHAPES[kind], data):
        return OtherEvent(word, **of_all, more=data)
    own: dict[str, Any] = {name: data.pop(name) for name in _SHAPES[kind] if name in data}
    return kind(**own, **of_all, more=data)


def _own(event: Event) -> dict[str, JsonValue]:
    """What was said of what the kind carries of its own."""
    said = {name: getattr(event, name) for name in _SHAPES[type(event)]}
    return {name: value for name, value in said.items() if value is not None}


def _fits(shape: Shape, data: dict[str, JsonValue]) -> bool:
    """Whether nothing is missing, and nothing in another form."""
    return all(
        type(data[name]) in forms if name in data else may_lack
        for name, (forms, may_lack) in shape.items()
    )


def _shape(kind: type[Event]) -> Shape:
    """A kind's own fields in order: the forms that JSON gives them, and whether they may lack."""
    own = {each.name: str(each.type) for each in fields(kind) if not each.kw_only}
    return {
        name: (_FORMS[written.removesuffix(" | None")], written.endswith(" | None"))
        for name, written in own.items()
    }


_SHAPES = {kind: _shape(kind) for kind in KINDS.values()}
