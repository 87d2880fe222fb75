"""Read a spec: YAML, or a mapping, in, a frozen `Sweep` out, or every mistake of it at once.

The way there: `overlays` (files, mappings, `--set`), `schema` (each value), `check` (values
together), `defaults`. `stored` reads a sweep that was started already.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from sweeps.spec.addresses import FIELDS as ADDRESSES
from sweeps.spec.addresses import lent, without_passwords
from sweeps.spec.check import (
    check,
    check_databases,
    check_recipes,
    check_tracking,
    trained_tasks,
)
from sweeps.spec.defaults import find_address, find_data, find_encoder, with_defaults
from sweeps.spec.messages import broken_fields, mistakes_of
from sweeps.spec.method_options import check_method_options
from sweeps.spec.overlays import load_layers
from sweeps.spec.parsers import default_name
from sweeps.spec.paths import SweepFolder
from sweeps.spec.schema import Spec, spec_model
from sweeps.spec.sound import import_sound_plugins
from sweeps.spec.source_map import Document, FieldPath
from sweeps.spec.stems import in_order
from sweeps.spec.stored import STORED_KEYS, read_stored_spec
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake

__all__ = ["read_spec", "read_stored_spec"]

T = TypeVar("T")


def read_spec(written: Path | Mapping[str, object], overrides: Sequence[str] = ()) -> Sweep:
    """The sweep that a YAML file describes, or a mapping of its shape, `--set` laid on top.

    Args:
        written: the spec; it may `extend` another file, by a path relative to itself, or to the
            current folder where it is a mapping.
        overrides: texts as `recipe.train.steps=500`; the values are YAML.

    Raises:
        UserMistake: everything that is wrong with it, each with file, line and field (of a
            mapping, with the field alone); a plug-in cannot be imported.
    """
    import_sound_plugins()
    path = written.expanduser() if isinstance(written, Path) else None
    document = _without_passwords(load_layers(path or written, overrides))
    if path is not None and document.data.keys() >= STORED_KEYS:
        remedy = f"go on with it by `xlt resume {SweepFolder(path.parent).called}`"
        raise UserMistake(Mistake(str(path), "is the record of a started sweep", remedy))
    spec, mistakes = _validate(document)
    if spec is not None:
        mistakes += check(spec, document)
        name = _name(spec, path, document, mistakes)
        data = _found(find_data, spec, document, mistakes)
        encoder = _found(find_encoder, spec, document, mistakes)
        addresses = {
            field: _found(partial(find_address, field), spec, document, mistakes)
            for field in ADDRESSES
        }
        sweep = with_defaults(spec, document, name, data, encoder, addresses)
        mistakes += [*check_recipes(sweep, document), *check_databases(sweep, document)]
        mistakes += check_tracking(sweep, document)
        if not mistakes:  # else what is amiss may be what is missing: a task, a method
            mistakes += check_method_options(sweep, trained_tasks(sweep), document)
        if not mistakes:
            return sweep
    raise UserMistake(in_order(mistakes))


def _without_passwords(document: Document) -> Document:
    """What is read from here on holds no password; whoever connects finds them where it looks."""
    data, passwords = without_passwords(document.data, document.where)
    lent(passwords, over=True)
    return Document(data, document.places)


def _validate(document: Document) -> tuple[Spec | None, list[Mistake]]:
    """The spec, without its broken fields, and what is wrong with them.

    What is left is looked at too: one bad field must not hide the mistakes of others.
    """
    data = copy.deepcopy(document.data)
    mistakes: list[Mistake] = []
    for _ in range(3):
        try:
            return spec_model().model_validate(data), mistakes
        except ValidationError as error:
            mistakes += mistakes_of(error, document)
            for trail in broken_fields(error):
                _remove(data, trail)
    return None, mistakes


def _remove(data: object, trail: FieldPath) -> None:
    for part in trail[:-1]:
        if not isinstance(data, dict) or part not in data:
            return
        data = data[part]
    if isinstance(data, dict):
        data.pop(trail[-1], None)


def _name(spec: Spec, path: Path | None, document: Document, mistakes: list[Mistake]) -> str:
    if spec.name or "name" in document.data:
        return str(spec.name or "")
    if path is None:
        what = "is missing, and no file's own name can stand in for it"
        mistakes.append(Mistake(document.where(("name",)), what, "name the sweep"))
        return ""
    try:
        return default_name(path)
    except UserMistake as error:
        remedy = "write name: …, the file's own name will not do"
        mistakes.append(Mistake(str(path), error.mistakes[0].what, remedy))
        return ""


def _found(
    find: Callable[[Spec, Document], T], spec: Spec, document: Document, mistakes: list[Mistake]
) -> T | str:
    try:
        return find(spec, document)
    except UserMistake as error:
        mistakes.extend(error.mistakes)
        return ""
