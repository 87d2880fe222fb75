"""Every field a spec may have: its place, what it holds, its default, what it is for.

Read off the models of `schema`, so that nothing here can say otherwise than what is read.
`xlt fields` prints it, and mistakes take a field's meaning from it.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from sweeps.spec.ranges import rules
from sweeps.spec.recipes import DEFAULT_EPOCHS
from sweeps.spec.schema import Part, RecipePart, Spec, part_in, spec_model, spec_schema
from sweeps.spec.source_map import parse_value
from xlt_core.training.methods import METHODS, option_fields
from xlt_core.vocabulary.recipe import Recipe

NAME = "NAME"  # stands for a task's name in a path
_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "fields",
    "null": "null",
}


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        path: dotted, `recipe.train.steps`; `recipe.tasks.NAME.steps` where a task's name stands.
        kind: what it holds, in words.
        default: as it would be written; empty where what it is depends on other fields, of which
            `about` says, and of a section.
        example: as it could be written; empty of a section.
    """

    path: str
    kind: str
    default: str
    about: str
    example: str = ""


def as_written(value: object) -> str:
    """A value as it is written in a spec, on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf)
    text = text.removesuffix("\n").removesuffix("\n...")
    return text if parse_value(text) == value else json.dumps(value)


def every_field() -> tuple[Field, ...]:
    """Every field of a spec, in the order of its sections; a section comes before its fields."""
    return _every_field(spec_model())


@cache
def _every_field(model: type[Spec]) -> tuple[Field, ...]:
    schema = spec_schema()
    extends = schema["properties"]["extends"]
    example = as_written(extends["examples"][0])
    first = Field("extends", _kind(extends, schema), "", extends["description"], example)
    return (first, *_of(model, schema, schema, ""))


def about(trail: tuple[str | int, ...]) -> str:
    """What a field is for; empty where there is no such field."""
    names = [str(part) for part in trail if isinstance(part, str)]
    if names[:2] == ["recipe", "tasks"] and len(names) > 2:
        names[2] = NAME
    return next((one.about for one in every_field() if one.path == ".".join(names)), "")


def _of(
    model: type[Part], own: Mapping[str, Any], schema: Mapping[str, Any], before: str
) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        rule = rules().get(name) if before.startswith("recipe.") else None
        if rule is not None and not rule.is_of(tuple(before.split(".")[:-1])):
            continue  # read, to be refused
        path, inner = f"{before}{name}", part_in(info.annotation)
        about_it = info.description or ""
        if inner is None or name == "targets":
            kind = _kind(own["properties"][name], schema)
            default = _default(model, name, info)
            example = as_written(info.examples[0]) if info.examples else default
            yield Field(path, kind, default, about_it, example)
            continue
        yield Field(path, "fields", "", about_it)
        below = f"{path}.{NAME}." if name == "tasks" else f"{path}."
        yield from _of(inner, schema["$defs"][inner.__name__], schema, below)


def _default(model: type[Part], name: str, info: FieldInfo) -> str:
    """The default as it would be written; of a recipe, where the task has none of its own."""
    value = info.get_default(call_default_factory=True)
    if issubclass(model, RecipePart):
        engines = {field.name: field.default for field in dataclasses.fields(Recipe)}
        engines |= {"epochs": DEFAULT_EPOCHS, "freeze": "none"}
        for method in METHODS.values():
            engines |= {name: option.default for name, option in option_fields(method).items()}
        value = engines.get(name)
    if value is None or value == {}:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _kind(part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a piece of JSON schema lets in, in words."""
    if "$ref" in part:
        return _kind(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    if "enum" in part or "const" in part:
        return ", ".join(map(str, part.get("enum", [part.get("const")])))
    if "anyOf" in part:
        forms = [one for one in part["anyOf"] if one.get("type") != "null"]
        ranges = [f"{{{form}: …}}" for one in forms if (form := _range_form(one))]
        plain = dict.fromkeys(_kind(one, schema) for one in forms if not _range_form(one))
        return " or ".join([*plain, *ranges])
    kinds = part.get("type", "object")
    if isinstance(kinds, list):
        return " or ".join(_kind({**part, "type": one}, schema) for one in kinds)
    if kinds == "array":
        return f"list of {_kind(part['items'], schema)}" if "items" in part else "list"
    return _PLAIN[kinds] + (_bounds(part) if kinds in ("integer", "number") else "")


def _range_form(part: Mapping[str, Any]) -> str:
    """`log` of `{log: [a, b]}`; empty of what is no range."""
    names = tuple(part.get("properties", ()))
    return names[0] if names in (("log",), ("float",), ("int",), ("choice",)) else ""


def _bounds(part: Mapping[str, Any]) -> str:
    least, above = part.get("minimum"), part.get("exclusiveMinimum")
    if above is not None:
        return f" above {above:g}"
    return f" from {least:g}" if least else ""
