"""From pydantic's errors to mistakes a user can mend: place, cause, remedy."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sweeps.spec.fields import about
from sweeps.spec.names import did_you_mean
from sweeps.spec.schema import Spec, part_in, spec_model
from sweeps.spec.source_map import Document, FieldPath
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import of_ones_own
from xlt_core.vocabulary.texts import abbreviated

_EARLY = ("early_stopping", "stop_early", "patience", "early_stop")
_ONE_LETTER = 0.85  # how alike names are that one letter tells apart: `target`, `targets`
_SHAPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of fields",
    "model_type": "a mapping of fields",
}
_REMEDIES = {
    "string_type": "put it in quotes",
    "list_type": "write [a, b]",
    "dict_type": "write its fields below it, indented, one a line",
    "model_type": "write its fields below it, indented, one a line",
}


def mistakes_of(error: ValidationError, document: Document) -> list[Mistake]:
    """Every mistake pydantic found, in its place in the document."""
    return [mistake for detail in error.errors() for mistake in _mistakes(detail, document)]


def broken_fields(error: ValidationError) -> set[FieldPath]:
    """The fields that hold a mistake; a list counts as one field."""
    trails = set()
    for detail in error.errors():
        loc = _trail(detail)
        ends = [n for n, part in enumerate(loc) if isinstance(part, int)]
        trails.add(loc[: ends[0]] if ends else loc)
    return trails


def _trail(detail: ErrorDetails) -> FieldPath:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _mistakes(detail: ErrorDetails, document: Document) -> Iterator[Mistake]:
    trail, kind, value = _trail(detail), detail["type"], detail["input"]
    where = document.where(trail)
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "mistake":
        found: UserMistake = context["text"]
        for mistake in found.mistakes:
            yield Mistake(where, mistake.what, mistake.remedy)
    elif kind == "extra_forbidden":
        yield Mistake(where, *_unknown(trail))
    elif kind == "literal_error":
        words = [word.strip(" '") for word in context["expected"].replace(" or ", ",").split(",")]
        yield Mistake(
            where, f"{value!r} is no word that may stand here", did_you_mean(str(value), words)
        )
    elif kind in _SHAPES:
        what = f"should be {_SHAPES[kind]}, not {_shown(value)}"
        yield Mistake(where, what, _REMEDIES.get(kind, "") or _meaning(trail))
    elif kind == "greater_than_equal":
        yield Mistake(where, f"should be at least {context['ge']}, not {value!r}", _meaning(trail))
    elif kind == "less_than_equal":
        yield Mistake(
            where, f"should be at most {context['le']}, not {_shown(value)}", _meaning(trail)
        )
    elif kind == "greater_than":
        yield Mistake(where, f"should be above {context['gt']:g}, not {value!r}", _meaning(trail))
    else:
        yield Mistake(where, detail["msg"])


def _meaning(trail: FieldPath) -> str:
    """What the field is for: it says most of what would be right."""
    found = about(trail)
    return f"it is: {found[:1].lower()}{found[1:]}" if found else ""


def _shown(value: object) -> str:
    return abbreviated(repr(value), 60)


def _unknown(trail: FieldPath) -> tuple[str, str]:
    """What to say of a field that is not known, and what was probably meant."""
    name = str(trail[-1])
    section = ".".join(str(part) for part in trail[:-1])
    what = f"there is no field {name!r}" + (f" in {section}" if section else "")
    if name in _EARLY:
        remedy = "stages train for steps or epochs; stopping early on a target language leaks it"
        return what, remedy
    fields = _fields(spec_model(), trail[:-1])
    elsewhere = [path for path in _paths(spec_model()) if path.split(".")[-1] == name]
    if elsewhere:
        here = difflib.get_close_matches(name, fields, n=1, cutoff=_ONE_LETTER)
        return what, f"did you mean {' or '.join([*here, *elsewhere])}?"
    remedy = did_you_mean(name, fields)
    return what, f"{remedy}; {of_ones_own()}" if trail[0] == "recipe" else remedy


def _fields(model: type[BaseModel], trail: FieldPath) -> tuple[str, ...]:
    """Field names of the section at `trail`."""
    own: tuple[str, ...] = tuple(model.model_fields)
    if issubclass(model, Spec) and not trail:
        own = ("extends", *own)
    if not trail:
        return own
    field = model.model_fields.get(str(trail[0]))
    inner = part_in(field.annotation) if field else None
    if inner is None:
        return own
    is_table = typing.get_origin(field.annotation if field else None) is dict
    return _fields(inner, trail[2:] if is_table else trail[1:])


def _paths(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{before}{name}"
        yield path
        inner = part_in(field.annotation)
        if inner is not None and typing.get_origin(field.annotation) not in (dict, list):
            yield from _paths(inner, f"{path}.")
