"""A frozen value as mappings, lists, texts and numbers, and back, by the types of its fields.

A field that is new is stored and read by its type alone. `stored` keeps a sweep in this form.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from sweeps.spec.judged import BESIDE, Declared, declared
from sweeps.spec.ranges import rules
from sweeps.spec.sweep import Layers, Range
from xlt_core.vocabulary.plan import Step


def to_plain(value: Any) -> Any:
    """A value as plain data; what is no part of a sweep (`judged.BESIDE`) is left out."""
    if isinstance(value, Range):
        ends = value.choices if value.kind == "choice" else (value.low, value.high)
        return {value.kind: to_plain(ends)}
    if isinstance(value, Step):
        return str(value)
    if is_dataclass(value):
        names = _stored(type(value))
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {name: to_plain(inner) for name, inner in value.items()}
    return [to_plain(item) for item in value] if isinstance(value, tuple | list) else value


def from_plain(kind: Any, data: Any) -> Any:
    """Read what `to_plain` wrote of a value of type `kind`.

    A field that is missing, as an earlier version did not know it, has its default.

    Raises:
        TypeError, ValueError: it is something else; or it holds a field that this version does
            not have, or lacks one that has no default.
    """
    if kind in _READERS:
        return _READERS[kind](data)
    if is_dataclass(kind):
        return _value(kind, data)
    outer, inner = get_origin(kind), get_args(kind)
    if outer is Literal:
        return data
    if outer is tuple and inner[1:] == (...,):
        return tuple(from_plain(inner[0], item) for item in data)
    if outer in _MAPPINGS:
        return {name: from_plain(inner[1], item) for name, item in _mapping(data).items()}
    if outer in (Union, types.UnionType) and types.NoneType in inner:
        known = tuple(one for one in inner if one is not types.NoneType)
        return None if data is None else from_plain(Union[known], data)  # noqa: UP007
    raise TypeError(f"nobody said how {kind} is stored")


def _stored(kind: Any) -> dict[str, Declared]:
    return {one.name: one for one in declared(kind) if one.judgement is not BESIDE}


def _value(kind: Any, data: Any) -> Any:
    known = _stored(kind)
    unknown = sorted(_mapping(data).keys() - known.keys())
    if unknown:
        where = "" if kind.__name__ == "Sweep" else f" in {kind.__name__.lower()}"
        raise ValueError(f"this version has no field {unknown[0]!r}{where}")
    return kind(**{name: from_plain(known[name].kind, item) for name, item in data.items()})


def _mapping(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise TypeError(f"{type(data).__name__} stands where a mapping of fields belongs")
    return data


def _setting(data: Any) -> Any:
    """A recipe field's value, or its Range."""
    if isinstance(data, dict):
        ((kind, ends),) = data.items()
        if kind == "choice":
            return Range("choice", choices=tuple(_setting(end) for end in ends))
        low, high = ends
        return Range(kind, low, high)
    return tuple(data) if isinstance(data, list) else data


def _layers(data: Any) -> Layers:
    found = {layer: _layer(data[layer]) for layer in ("train", "target") if layer in _mapping(data)}
    if "tasks" in data:
        found["tasks"] = {task: _layer(part) for task, part in _mapping(data["tasks"]).items()}
    return found


def _layer(data: Any) -> dict[str, Any]:
    unknown = sorted(_mapping(data).keys() - rules().keys())
    if unknown:
        raise ValueError(f"this version has no recipe field {unknown[0]!r}")
    return {name: _setting(item) for name, item in data.items()}


def _as_it_is(data: Any) -> Any:
    return data


_MAPPINGS = (dict, Mapping)
# What is not read by its shape alone. JSON and YAML hold single values as they are.
_READERS: Mapping[Any, Callable[[Any], Any]] = {
    **dict.fromkeys((str, int, float, bool, object, Any), _as_it_is),
    Step: Step.parse,
    str | Range: _setting,
    Layers: _layers,
}
