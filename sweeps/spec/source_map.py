"""YAML with its places kept: which file and line each value of a spec stands in.

Scalars are read as YAML 1.2 reads them: `no` is Norwegian and not false, `1e-5` is a number.
Next: `overlays`, which lays one document over another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.texts import problem_of

FieldPath = tuple[str | int, ...]
MOST_REPEATS = 10_000
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as one


@dataclass(frozen=True)
class SourceLocation:
    """Where a value was written: a file and line, or `--set`.

    Attributes:
        label: the file as people know it, or `--set`.
        line: counted from 1; None for `--set` and for a whole file.
        folder: what relative paths are relative to first; None for `--set`.
    """

    label: str
    line: int | None = None
    folder: Path | None = None

    def of(self, name: str) -> str:
        """The place of field `name`, as mistakes show it."""
        if self.label == "--set":
            return f"--set {name}".rstrip()
        line = f"line {self.line}" if self.line else ""
        return ", ".join(part for part in (self.label, line, name) if part)


@dataclass(frozen=True)
class Document:
    """Plain data and the place of every value in it, by its trail of keys and indices."""

    data: dict[str, object]
    places: dict[FieldPath, SourceLocation]

    def place(self, trail: FieldPath) -> SourceLocation:
        """The place of `trail`, or of the nearest thing around it."""
        for end in range(len(trail), 0, -1):
            if trail[:end] in self.places:
                return self.places[trail[:end]]
        root = self.places[()]
        return SourceLocation(root.label, None, root.folder)

    def where(self, trail: FieldPath) -> str:
        """File, line and dotted name of `trail`: `small.yaml, line 12, recipe.train.steps`."""
        return self.place(trail).of(dotted(trail))


def dotted(trail: FieldPath) -> str:
    """The name of a field as people write it; list indices are left out."""
    return ".".join(part for part in trail if isinstance(part, str))


class _Loader(yaml.SafeLoader):
    """The safe loader with YAML 1.2's idea of booleans and numbers, and no dates."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_SIGNS = list("-+0123456789.")
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9][0-9_]*", _SIGNS),
    ("float", r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?", _SIGNS),
    ("float", r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)", list("-+.")),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def parse_document(text: str, label: str, folder: Path | None = None) -> Document:
    """Read YAML whose top is a mapping.

    Raises:
        UserMistake: the text is no YAML (one mistake, with line and column), its top is no
            mapping, or keys stand twice (one mistake each, with both lines).
    """
    node = _compose(text, label)
    if node is None:
        raise UserMistake(
            Mistake(label, "is empty", "a spec needs at least `intermediate:` and `targets:`")
        )
    build = _Builder(label, folder)
    data = build.value(node, ())
    if not isinstance(data, dict):
        build.mistakes.append(
            Mistake(label, f"is {_kind(node)}, not a mapping", "write `field: value`, one a line")
        )
    if build.mistakes:
        raise UserMistake(build.mistakes)
    return Document(data, build.places)


def parse_value(text: str) -> Any:
    """Read one value, as `--set` gives it. Raises UserMistake where it is no YAML."""
    node = _compose(text, "")
    build = _Builder("", None)
    value = build.value(node, ()) if node is not None else None
    if build.mistakes:
        raise UserMistake(build.mistakes)
    return value


def _compose(text: str, label: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        what = f"holds a character YAML does not allow (U+{ord(text[error.position]):04X})"
        raise UserMistake(Mistake(SourceLocation(label, line).of(""), what, "delete it")) from None
    except yaml.MarkedYAMLError as error:
        raise UserMistake(_syntax_mistake(error, text, label)) from None
    except ValueError as error:  # a %YAML line with an endless number
        raise UserMistake(Mistake(label, f"is not YAML: {error}")) from None
    except RecursionError:
        raise UserMistake(Mistake(label, "is nested too deeply", "a spec is four deep")) from None
    finally:
        if loader is not None:
            loader.dispose()


def _syntax_mistake(error: yaml.MarkedYAMLError, text: str, label: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "is not YAML"
    if mark is None:
        return Mistake(label, problem)
    where = f"{SourceLocation(label, mark.line + 1).of('')}, column {mark.column + 1}".lstrip(", ")
    line = [*_LINE_END.split(text), ""][mark.line]
    if "\\t" in problem or line[: mark.column + 1].strip(" ") == "\t":
        return Mistake(where, "a tab stands where YAML wants spaces", "indent with spaces")
    for number in (mark.line, mark.line - 1):
        before = [*_LINE_END.split(text), ""][max(number, 0)]
        if found := re.match(r"\s*(?:- )?([A-Za-z_]\w*):(?!//)(\S+)", before):
            what = f"{found[0].strip()!r} is one word to YAML"
            remedy = f"a space belongs after the colon: {found[1]}: {found[2]}"
            return Mistake(SourceLocation(label, number + 1).of("").lstrip(", "), what, remedy)
    if re.search(r"\w\[[a-z]{2,3}\]", line):
        remedy = "within [ ], a task with a language needs quotes: ['panx[ru]']"
        return Mistake(where, f"is not YAML: {problem}", remedy)
    if "single document" in problem or "another document" in problem:
        return Mistake(where, "a second document begins here", "one file holds one spec")
    return Mistake(where, f"is not YAML: {problem}", "look at this line and the one above")


def _kind(node: yaml.Node) -> str:
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"


class _Repeats:
    """Counts values that stand in a document more than once, by way of anchors.

    Each is written out where it is used, and again within what uses that one: nine lines can mean
    a thousand million values.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._left = MOST_REPEATS

    def note(self, node: yaml.Node, where: str) -> None:
        """Note that a node is read. Raises UserMistake where too many were read before."""
        if id(node) not in self._seen:
            self._seen.add(id(node))
            return
        self._left -= 1
        if self._left < 0:
            what = f"anchors (&x, *x) stand for more than {MOST_REPEATS:,} values"
            raise UserMistake(Mistake(where, what, "write out what is meant"))


@dataclass
class _Builder:
    """Turns nodes into plain data and notes places and mistakes on the way."""

    label: str
    folder: Path | None
    places: dict[FieldPath, SourceLocation] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    _open: list[yaml.Node] = field(default_factory=list)
    _repeats: _Repeats = field(default_factory=_Repeats)

    def value(self, node: yaml.Node, trail: FieldPath) -> Any:
        self.places.setdefault(trail, self._place(node))
        self._repeats.note(node, self._place(node).of(dotted(trail[:1])))
        if any(node is outer for outer in self._open):
            self._mistake(node, trail, "contains itself", "")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, trail)
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*trail, n)) for n, item in enumerate(node.value)]
            assert isinstance(node, yaml.MappingNode)
            return self._mapping(node, trail)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, trail: FieldPath) -> dict[str, object]:
        result: dict[str, object] = {}
        lines: dict[str, int] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.append(value_node)
                continue
            key = self._key(key_node, trail)
            if key is None:
                continue
            if key in lines:
                what = f"stands twice, in line {lines[key]} and in line {_line(key_node)}"
                self._mistake(key_node, (*trail, key), what, "keep one of them")
                continue
            lines[key] = _line(key_node)
            self.places[(*trail, key)] = self._place(key_node)
            result[key] = self.value(value_node, (*trail, key))
        for value_node in merged:
            self._merge(value_node, trail, result)
        return result

    def _merge(self, node: yaml.Node, trail: FieldPath, result: dict[str, object]) -> None:
        """YAML's `<<: *anchor`: what is already there wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self._mistake(node, trail, "<< wants a mapping", "write <<: *anchor")
                continue
            inner = _Builder(self.label, self.folder, _open=[*self._open], _repeats=self._repeats)
            for key, value in inner.value(source, trail).items():
                if key not in result:
                    result[key] = value
            for where, place in inner.places.items():
                self.places.setdefault(where, place)
            self.mistakes += [m for m in inner.mistakes if m not in self.mistakes]

    def _key(self, node: yaml.Node, trail: FieldPath) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null"):
            self._mistake(node, trail, "a field's name is not a word", "write `name: value`")
            return None
        return self._text(node, trail)

    def _scalar(self, node: yaml.ScalarNode, trail: FieldPath) -> object:
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        text = str(node.value)
        if tag == "bool":
            return text.lower() == "true"
        if tag == "null":
            return None
        try:
            if tag == "int":
                return int(text.replace("_", ""))
            if tag == "float":
                return float(re.sub(r"\.(inf|nan)$", r"\1", text.lower()).replace("_", ""))
        except ValueError:
            self._mistake(node, trail, f"{text!r} is not a number", "")
            return None
        if tag != "str":
            self._mistake(node, trail, f"the tag {node.tag} means nothing here", "leave it out")
            return None
        return self._text(node, trail)

    def _text(self, node: yaml.ScalarNode, trail: FieldPath) -> str | None:
        """A text; YAML's escapes can write ones that no path, file or screen takes."""
        problem = problem_of(node.value)
        if problem is not None:
            self._mistake(node, trail, problem[0], "delete it")
        return None if problem else str(node.value)

    def _place(self, node: yaml.Node) -> SourceLocation:
        return SourceLocation(self.label, _line(node), self.folder)

    def _mistake(self, node: yaml.Node, trail: FieldPath, what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(self._place(node).of(dotted(trail)), what, remedy))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
