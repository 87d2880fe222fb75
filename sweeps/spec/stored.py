"""A sweep as plain data: `spec.yaml` in its folder, written once it starts, read to go on with it.

Holds the spec as written (`source`) and as resolved (`sweep`), so that going on does not depend
on defaults of a later version. `read_stored_spec(write_spec(sweep))` is the same sweep. Which
form a field takes is in `plain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from sweeps.spec.addresses import lent, without_passwords
from sweeps.spec.check import check_options
from sweeps.spec.database import absolute
from sweeps.spec.members import missing_plugins, not_loaded, unknown_members
from sweeps.spec.methods import option_mistakes
from sweeps.spec.names import nearest
from sweeps.spec.paths import SPEC, SweepFolder, existing_sweeps, shown
from sweeps.spec.plain import from_plain, to_plain
from sweeps.spec.source_map import Document, parse_document
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line
from xlt_core.vocabulary.plugged import named_plugins, of_ones_own

FORMAT = 1
PLUGINS = "plugins"
STORED_KEYS = frozenset({"format", "source", "sweep"})
_HEAD = "# Written by xlt when the sweep began. To change the sweep, edit your own spec.\n"


def write_spec(folder: SweepFolder, sweep: Sweep) -> None:
    """Write `spec.yaml`, whole or not at all, and without passwords."""
    data, _ = without_passwords(to_data(sweep))
    for name, default in _defaults(folder).items():
        if data[name] == default:
            data[name] = ""  # found anew from wherever the folder lies: runs/ may be moved
    source, _ = without_passwords(sweep.source)
    content = {"format": FORMAT, "source": source, "sweep": data}
    if plugins := named_plugins():
        content[PLUGINS] = list(plugins)  # for people: no part of what the sweep is
    text = _HEAD + yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)
    folder.files.write(SPEC, text)


def read_stored_spec(folder: SweepFolder) -> Sweep:
    """The sweep that was started in `folder`.

    Raises:
        UserMistake: there is none (names those there are), its record cannot be read, or it asks
            for what a plug-in had that is not loaded.
    """
    where = folder.files.where(SPEC)
    try:
        text = folder.files.read(SPEC)
        if text is None:
            raise UserMistake(_no_such_sweep(folder))
        content = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserMistake(_unreadable(where, first_line(error))) from None
    if not isinstance(content, dict) or not content.keys() >= STORED_KEYS:
        raise UserMistake(_unreadable(where, "it is not a sweep's record"))
    if content["format"] != FORMAT:
        what = f"is in form {content['format']}, this version reads form {FORMAT}"
        raise UserMistake(Mistake(where, what, "use the version of xlt that began the sweep"))
    plugins = [str(name) for name in content.get(PLUGINS) or ()]
    try:
        data = _without_passwords(content["sweep"])
        found = {name: absolute(data[name] or usual) for name, usual in _defaults(folder).items()}
        sweep = from_data(data | found, _without_passwords(content["source"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if missing_plugins(plugins):
            raise UserMistake(not_loaded(where, str(error), plugins)) from None
        raise UserMistake(_unreadable(where, f"{type(error).__name__}: {error}")) from None
    if missing_plugins(plugins) and (unknown := ", ".join(unknown_members(sweep))):
        raise UserMistake(not_loaded(where, unknown, plugins))
    return sweep


def with_places(folder: SweepFolder, sweep: Sweep) -> Sweep:
    """The sweep that was read from `folder`, its mistakes to be named by file and line there."""
    document = _document(folder)
    within = {
        trail[1:]: place for trail, place in document.places.items() if trail[:1] == ("source",)
    }
    return replace(sweep, places=within | {(): replace(document.places[()], line=None)})


def check_stored(folder: SweepFolder, sweep: Sweep) -> None:
    """Hold what was read from `folder` against rules that may be younger than it.

    Looked at where the sweep is to go on: to look at what it found, it need not be sound.

    Raises:
        UserMistake: an option of the search is none, or of another kind; with file and line.
    """
    search = sweep.search
    if option_mistakes(search.method, search.options):
        document = _document(folder)
        raise UserMistake(check_options(search.method, search.options, document, ("sweep",)))


def _document(folder: SweepFolder) -> Document:
    """`spec.yaml` with the place of everything in it."""
    where = folder.files.where(SPEC)
    return parse_document(folder.files.read(SPEC) or "", where, folder.path)


def _without_passwords(data: Mapping[str, Any]) -> dict[str, Any]:
    """As earlier versions kept them: they go on being used, unless the environment has others."""
    kept, passwords = without_passwords(data)
    lent(passwords, over=False)
    return kept


def to_data(sweep: Sweep) -> dict[str, Any]:
    """The sweep as mappings, lists, texts and numbers; without `source`."""
    data: dict[str, Any] = to_plain(sweep)
    return data


def from_data(data: Mapping[str, Any], source: Mapping[str, Any] | None = None) -> Sweep:
    """Read what `to_data` wrote. Raises TypeError or ValueError for anything else."""
    sweep: Sweep = from_plain(Sweep, data)
    return replace(sweep, source=dict(source or {}))


def _defaults(folder: SweepFolder) -> dict[str, str]:
    return {
        "store": folder.default_store,
        "tracking": folder.default_tracking,
        "storage": folder.default_storage,
    }


def _no_such_sweep(folder: SweepFolder) -> Mistake:
    names = [known.name for known in existing_sweeps(folder.runs)]
    near = nearest(folder.name, names)
    if near:
        remedy = f"did you mean {near}?"
    else:
        remedy = f"there are: {', '.join(names)}" if names else "`xlt run SPEC` starts one"
    return Mistake(folder.name, f"there is no such sweep under {shown(folder.runs)}", remedy)


def _unreadable(where: str, why: str) -> Mistake:
    remedy = "run the same spec again; finished stages and trials are kept"
    if "this version has no" in why:
        remedy = f"{of_ones_own()}; else {remedy}"
    return Mistake(where, f"cannot be read: {why}", remedy)
