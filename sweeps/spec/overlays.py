"""Layers of a spec: the file or mapping, the files it `extends`, and `--set` on top.

Lowest of all are the places that are usual here (`usual`). Later layers win field by field; lists
and ranges are replaced whole. Next: `schema`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from sweeps.spec.mapping import document_of
from sweeps.spec.ranges import LENGTHS, is_range_form, rule_of
from sweeps.spec.shipped import shipped_alike
from sweeps.spec.source_map import Document, FieldPath, SourceLocation, parse_document, parse_value
from sweeps.spec.stems import blaming
from sweeps.spec.usual import usual_places
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.texts import abbreviated, problem_of


def load_layers(spec: Path | Mapping[str, object], overrides: Sequence[str] = ()) -> Document:
    """The file, or mapping, over what it extends, under `overrides`, as one document.

    Raises:
        UserMistake: every file that cannot be read as YAML, every cycle, every malformed
            override, together.
    """
    mistakes: list[Mistake] = []
    document = Document({}, {(): _root(spec)})
    for load in (usual_places, lambda: _load(spec), lambda: read_overrides(overrides)):
        try:
            document = merge(document, load())
        except UserMistake as mistake:
            mistakes.extend(mistake.mistakes)
    mistakes.extend(_idle_nulls(document))
    if mistakes:
        raise UserMistake(mistakes)
    return Document(_without_nulls(document.data), document.places)


def merge(base: Document, over: Document) -> Document:
    """Lay `over` on `base`, field by field."""
    places = dict(base.places)
    data = _merge(base.data, over.data, (), places, over.places)
    if (
        base.data
        and () in base.places
        and over.places.get((), SourceLocation("--set")).label == "--set"
    ):
        places[()] = base.places[()]
    return Document(data, places)


def read_overrides(overrides: Sequence[str]) -> Document:
    """The document that `--set a.b=value …` writes; later ones win.

    Raises:
        UserMistake: one mistake for each that is not `dotted.name=value`.
    """
    mistakes: list[Mistake] = []
    documents: list[Document] = []
    for text in overrides:
        try:
            documents.append(_override(text))
        except UserMistake as mistake:
            mistakes.extend(mistake.mistakes)
    if mistakes:
        raise UserMistake(mistakes)
    return reduce(merge, documents, Document({}, {(): SourceLocation("--set")}))


def read_text(path: Path) -> str:
    """The text of a spec file. Raises UserMistake: missing, a folder, unreadable, not UTF-8."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        remedy = "; ".join(filter(None, (_nearest(path), shipped_alike(path))))
        raise UserMistake(Mistake(str(path), "there is no such file", remedy)) from None
    except IsADirectoryError:
        raise UserMistake(Mistake(str(path), "is a folder", _nearest(path / "x"))) from None
    except OSError as error:
        where = abbreviated(str(path), 200)
        raise UserMistake(Mistake(where, f"cannot be read: {error.strerror}")) from None
    except ValueError:  # NUL, half a surrogate pair
        raise UserMistake(Mistake(repr(str(path)), "cannot be a file's name")) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = SourceLocation(_label(path), line).of("")
        raise UserMistake(Mistake(where, "is not UTF-8", "save the file as UTF-8")) from None


def _root(spec: Path | Mapping[str, object]) -> SourceLocation:
    """What is said of a spec as a whole."""
    if isinstance(spec, Path):
        return SourceLocation(_label(spec), None, spec.parent)
    return SourceLocation("")


def _load(spec: Path | Mapping[str, object]) -> Document:
    if isinstance(spec, Path):
        return _load_chain(spec, ())
    return _over_its_base(document_of(spec), Path.cwd(), "in the current folder", ())


def _load_chain(path: Path, above: tuple[Path, ...]) -> Document:
    document = parse_document(read_text(path), _label(path), path.parent)
    beside = f"beside {path.name}"
    return _over_its_base(document, path.parent, beside, (*above, path.resolve()))


def _over_its_base(
    document: Document, folder: Path, beside: str, above: tuple[Path, ...]
) -> Document:
    """A layer over the file that it `extends`, which is looked for in `folder`.

    Args:
        beside: that place in words.
        above: the files that extend one another down to this layer.
    """
    base = document.data.pop("extends", None)
    if base is None:
        return document
    where = document.where(("extends",))
    if not isinstance(base, str):
        raise UserMistake(Mistake(where, "should be one path", "write `extends: other.yaml`"))
    with blaming(where):
        below = folder / Path(base).expanduser()
        found, is_there = below.resolve(), below.is_file()
    if found in above:
        chain = " → ".join(p.name for p in (*above, found))
        remedy = "take `extends` out of one of these files"
        raise UserMistake(Mistake(where, f"goes round in a circle: {chain}", remedy))
    if not is_there:
        raise UserMistake(Mistake(where, f"there is no file {base!r} {beside}", _nearest(below)))
    return merge(_load_chain(below, above), document)


def _override(text: str) -> Document:
    name, equals, value = text.partition("=")
    name = name.strip()
    where = f"--set {text}"
    remedy = "write it as recipe.train.steps=500"
    if not equals or not re.fullmatch(r"[^\s.=]+(\.[^\s.=]+)*", name):
        raise UserMistake(Mistake(where, "is not of the form name=value", remedy))
    if problem := problem_of(name):
        raise UserMistake(Mistake(where, f"the name {problem[0]}", "delete it"))
    if name == "extends":
        raise UserMistake(Mistake(where, "`extends` stands in a file only", ""))
    try:
        data = parse_value(value)
    except UserMistake as error:
        raise UserMistake(
            Mistake(where, f"the value {error.mistakes[0].what}", "quote the whole argument")
        ) from None
    places: dict[FieldPath, SourceLocation] = {(): SourceLocation("--set")}
    parts = tuple(name.split("."))
    for end in range(len(parts)):
        places[parts[: end + 1]] = SourceLocation("--set")
    for part in reversed(parts):
        data = {part: data}
    return Document(data, places)


def _merge(
    old: Any,
    new: Any,
    trail: FieldPath,
    places: dict[FieldPath, SourceLocation],
    new_places: dict[FieldPath, SourceLocation],
) -> Any:
    if not (_is_open(old) and _is_open(new)):
        _replace(trail, places, new_places)
        return new
    result = dict(old)
    for key, value in new.items():
        if key in LENGTHS and trail[:1] == ("recipe",):
            for rival in set(LENGTHS) - new.keys():
                result.pop(rival, None)  # the later layer says how long, in another unit
        result[key] = _merge(result.get(key), value, (*trail, key), places, new_places)
    if trail in new_places:
        places[trail] = new_places[trail]
    return result


def _is_open(value: object) -> bool:
    """Whether `value` is merged field by field, and not replaced whole."""
    closed = isinstance(value, dict) and (is_range_form(value) or set(value) == {"folder"})
    return isinstance(value, dict) and not closed


def _replace(
    trail: FieldPath,
    places: dict[FieldPath, SourceLocation],
    new_places: dict[FieldPath, SourceLocation],
) -> None:
    for known in [known for known in places if known[: len(trail)] == trail]:
        del places[known]
    for known, place in new_places.items():
        if known[: len(trail)] == trail:
            places[known] = place


def _without_nulls(value: object) -> Any:
    """A field without a value is a field not written; of an option its method says so."""
    if isinstance(value, dict):
        return {
            key: item if key == "options" else _without_nulls(item)
            for key, item in value.items()
            if item is not None or _keeps_null(key)
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _keeps_null(name: str) -> bool:
    """`rows: null` says "all of them" over a lower layer's number."""
    rule = rule_of(name)
    return rule is not None and rule.optional


def _idle_nulls(document: Document) -> Iterator[Mistake]:
    """A task's null over a layer below that gives a value: it reads as if it took that back."""
    recipe = document.data.get("recipe")
    layers = recipe if isinstance(recipe, dict) else {}
    below = {layer: layers.get(layer) for layer in ("train", "target")}
    tasks = layers.get("tasks")
    for task, fields in (tasks if isinstance(tasks, dict) else {}).items():
        for name, value in (fields if isinstance(fields, dict) else {}).items():
            set_by = [
                layer
                for layer, part in below.items()
                if isinstance(part, dict) and part.get(name) is not None
            ]
            if value is None and rule_of(name) is not None and not _keeps_null(name) and set_by:
                where = document.where(("recipe", "tasks", task, name))
                what = f"null does not take back what recipe.{set_by[0]}.{name} says"
                yield Mistake(where, what, "write the value that is meant, or take the line out")


def _label(path: Path) -> str:
    """The path as people know it: from the current folder where it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere; or nowhere, which whoever reads it says
        return str(path)


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    found = sorted(p.name for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))
    near = difflib.get_close_matches(path.name, found, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(str(folder / name) for name in near) + "?"
    if found:
        return "there are: " + ", ".join(str(folder / name) for name in found[:8])
    return f"{folder} holds no .yaml file"
