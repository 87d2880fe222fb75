"""A spec built in Python: a mapping of the YAML's shape, as the document the YAML would be.

Whatever Python has that YAML has no word for is a mistake, named by its field; a folder's `Path` is
its text, a tuple a list. Neighbour: `source_map`, which reads the YAML.
"""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.spec.source_map import Document, FieldPath, SourceLocation, dotted
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.texts import problem_of

_HERE = SourceLocation("")  # no file and no line: a field's name is all there is to say
_LISTS = (list, tuple, range)


def document_of(spec: Mapping[str, object]) -> Document:
    """The mapping as plain data of its own.

    Raises:
        UserMistake: every value that YAML could not have said, by its field.
    """
    build = _Builder()
    data = build.value(spec, ())
    if build.mistakes:
        raise UserMistake(build.mistakes)
    return Document(data, build.places)


@dataclass
class _Builder:
    """Copies values and notes places and mistakes on the way."""

    places: dict[FieldPath, SourceLocation] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    _open: list[object] = field(default_factory=list)

    def value(self, value: object, trail: FieldPath) -> Any:
        self.places[trail] = _HERE
        if not isinstance(value, (Mapping, *_LISTS)):
            return self._single(value, trail)
        if any(value is outer for outer in self._open):
            return self._wrong(trail, "contains itself")
        self._open.append(value)
        try:
            if isinstance(value, Mapping):
                return self._mapping(value, trail)
            return [self.value(item, (*trail, at)) for at, item in enumerate(value)]
        finally:
            self._open.pop()

    def _mapping(self, mapping: Mapping[Any, object], trail: FieldPath) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in mapping.items():
            if not isinstance(key, str):
                self._wrong(trail, f"a field's name is not a text: {key!r}", "put it in quotes")
            elif (name := self._text(key, trail)) is not None:
                found[name] = self.value(value, (*trail, name))
        return found

    def _single(self, value: object, trail: FieldPath) -> object:
        match value:
            case None | bool():
                return value
            case str() | os.PathLike():
                return self._text(os.fspath(value), trail)
            case numbers.Integral():
                return int(value)
            case numbers.Real():
                return float(value)
        what = f"{type(value).__name__} is nothing that a spec may hold"
        return self._wrong(trail, what, "write texts, numbers, lists and mappings")

    def _text(self, text: str, trail: FieldPath) -> str | None:
        problem = problem_of(text)
        return str(text) if problem is None else self._wrong(trail, problem[0], "delete it")

    def _wrong(self, trail: FieldPath, what: str, remedy: str = "") -> Any:
        """Note a mistake; None stands in for the value."""
        self.mistakes.append(Mistake(_HERE.of(dotted(trail)), what, remedy))
        return None
