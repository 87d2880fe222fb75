"""From a checked spec to a frozen `Sweep`: defaults filled in, paths made absolute.

Relative folders of data and encoder are looked for beside the file that names them, then in the
current folder; store, tracking and study are relative to the current folder, as `runs/` is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from sweeps.spec.addresses import database, location
from sweeps.spec.database import sqlite_path
from sweeps.spec.judged import declared
from sweeps.spec.methods import METHODS
from sweeps.spec.paths import SweepFolder
from sweeps.spec.schema import DEFAULT_MOST, DEFAULT_TRIALS, Part, Spec
from sweeps.spec.source_map import Document
from sweeps.spec.sources import kind_of
from sweeps.spec.stems import blaming
from sweeps.spec.sweep import Intermediate, Range, Search, Sweep, Target
from xlt_core.lab.world import World
from xlt_core.models.pretrainings import pretraining_of
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan

LAB_ENCODER, SMALL_LAB_ENCODER = "lab-tiny", "lab-small"
_WITHOUT = (
    "write hub or lab, or put the data there: a folder a task, as XTREME-R's download has them "
    "(see `xlt tasks --json`); none come with xlt, and sweeps/specs/quickstart.yaml runs without "
    "(`xlt run quickstart`)"
)
T = TypeVar("T")


def with_defaults(
    spec: Spec,
    document: Document,
    name: str,
    data: str,
    encoder: str | Range,
    addresses: Mapping[str, str],
) -> Sweep:
    """The sweep a spec describes; data, encoder and addresses as `find_data` and so on say."""
    folder = SweepFolder(SweepFolder.named(name).absolute)
    return _frozen(
        Sweep,
        spec,
        name=name,
        encoder=encoder,
        data=data,
        intermediate=_intermediate(spec),
        targets=_targets(spec),
        recipe=_recipe(spec),
        search=_search(spec),
        store=addresses["store"] or folder.default_store,
        tracking=addresses["tracking"] or folder.default_tracking,
        storage=addresses["storage"] or folder.default_storage,
        source=document.data,
        places=document.places,
    )


def _frozen(kind: type[T], part: Part, **settled: object) -> T:
    """A section as its frozen value: what it says under the same names, and what is settled."""
    said = (one for one in declared(kind) if one.name not in settled)
    same = {one.name: _value(one.kind, getattr(part, one.name)) for one in said}
    return kind(**same, **settled)


def _value(kind: Any, value: object) -> object:
    if isinstance(value, Part):
        return _frozen(kind, value)
    return tuple(value) if isinstance(value, list) else value


def find_data(spec: Spec, document: Document) -> str:
    """`hub`, `lab` (with its world), or the absolute path of the folder of data.

    Raises:
        UserMistake: there is no such folder; says where it was looked for.
    """
    if not spec.data.startswith("folder:"):
        return spec.data
    text = spec.data.removeprefix("folder:")
    found = _find_folder(text, document, ("data",))
    if found is None:
        near = difflib.get_close_matches(text, ["hub", "lab"], n=1, cutoff=0.6)
        remedy = f"did you mean {near[0]}?" if near else _WITHOUT
        raise UserMistake(_missing(text, document, ("data",), remedy))
    return str(found)


def find_encoder(spec: Spec, document: Document) -> str | Range:
    """A hub id, `lab-tiny`, or the absolute path of the encoder's folder; or a choice of them.

    Raises:
        UserMistake: it is written as a path and there is no such folder, or it can be neither.
    """
    if isinstance(spec.encoder, str):
        return _encoder(spec.encoder, spec, document)
    choices = (_encoder(str(name), spec, document) for name in spec.encoder.choices)
    return Range("choice", choices=tuple(choices))


def _encoder(text: str, spec: Spec, document: Document) -> str:
    """The encoder's name; the lab's is that of the world whose data are read."""
    from xlt_core.models.encoders import LABS

    if text in (*LABS, LAB_ENCODER):
        world = World.parse(spec.data.partition(":")[2] if kind_of(spec.data) == "lab" else "")
        spoken = world.spoken.location
        return f"{text}:{spoken}" if spoken else text
    if pretraining_of(text) is not None:
        return text
    found = _find_folder(text, document, ("encoder",))
    if found is not None and ("/" in text or (found / "config.json").is_file()):
        return str(found)
    remedy = "write a hub id as xlm-roberta-base, an existing folder, or lab-tiny"
    if text.startswith((".", "/", "~")) or text.partition("@")[0].count("/") > 1:
        raise UserMistake(_missing(text, document, ("encoder",), remedy))
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?", text):
        where = document.where(("encoder",))
        raise UserMistake(Mistake(where, f"{text!r} cannot be an encoder", remedy))
    return text


def find_address(field: str, spec: Spec, document: Document) -> str:
    """The address that `store`, `tracking` or `storage` gives, empty where it is not written.

    Raises:
        UserMistake: it is an SQLite address without a file, or a word that is no database's.
    """
    text, where = getattr(spec, field), document.where((field,))
    with blaming(where):
        address = (database if field == "storage" else location)(text) if text else ""
        if (path := _path_of(address)) is not None:
            path.is_dir()  # it need not be there, but must be able to
    if field != "store" and text and re.fullmatch(r"[\w-]+", text) and not Path(text).is_file():
        what = f"{text!r} is neither a database's address nor a file that is there"
        remedy = f"write a file with its ending, as {text}.db, or a URL, as postgresql://HOST/NAME"
        raise UserMistake(Mistake(where, what, remedy))
    return address


def _path_of(address: str) -> Path | None:
    """The file or folder of an address on this machine, None for any other."""
    if address.startswith("file:"):
        return Path(unquote(urlsplit(address).path))
    return sqlite_path(address) if "://" in address else Path(address) if address else None


def _intermediate(spec: Spec) -> Intermediate:
    part = spec.intermediate
    if part is None:
        return Intermediate((), (0,))
    if part.plans is not None:
        plans = [Plan.parse(text) for text in part.plans]
        steps = tuple(dict.fromkeys(step for plan in plans for step in plan.steps))
        counts = tuple(sorted({0, *(len(plan) for plan in plans)}))
        texts = tuple(dict.fromkeys(str(plan) for plan in plans))
        return _frozen(Intermediate, part, tasks=steps, counts=counts, plans=texts)
    tasks = tuple(part.tasks or ())
    counts = part.count or tuple(range(min(DEFAULT_MOST, len(tasks)) + 1))
    return _frozen(Intermediate, part, tasks=tasks, counts=counts, plans=())


def _targets(spec: Spec) -> tuple[Target, ...]:
    """Targets with their languages: their own, else those of `languages` that they have."""
    found: list[Target] = []
    for part in spec.targets or []:
        languages = part.languages
        if "languages" not in part.model_fields_set and spec.languages is not None:
            own = get_task(part.task).languages
            languages = tuple(code for code in spec.languages if code in own)
        found.append(Target(part.task, languages))
    return tuple(found)


def _recipe(spec: Spec) -> dict[str, dict[str, object]]:
    return {
        "train": _written(spec.recipe.train),
        "target": _written(spec.recipe.target),
        "tasks": {name: _written(part) for name, part in sorted(spec.recipe.tasks.items())},
    }


def _written(part: Part) -> dict[str, object]:
    """The fields a layer sets, and no others: what is not set must not override."""
    return {name: getattr(part, name) for name in sorted(part.model_fields_set)}


def _search(spec: Spec) -> Search:
    part = spec.search
    trials = part.trials
    if trials is None and not METHODS[part.method].exhaustive:
        trials = DEFAULT_TRIALS
    window = part.window or 4 * spec.execution.concurrency
    return _frozen(Search, part, trials=trials, window=window, options=dict(part.options))


def _find_folder(text: str, document: Document, trail: tuple[str, ...]) -> Path | None:
    with blaming(document.where(trail)):
        tried = (base / Path(text).expanduser() for base in _bases(document, trail))
        return next((path.resolve() for path in tried if path.is_dir()), None)


def _bases(document: Document, trail: tuple[str, ...]) -> tuple[Path, ...]:
    beside = document.place(trail).folder
    return (beside, Path.cwd()) if beside is not None else (Path.cwd(),)


def _missing(text: str, document: Document, trail: tuple[str, ...], remedy: str) -> Mistake:
    tried = dict.fromkeys(
        str((base / Path(text).expanduser()).resolve()) for base in _bases(document, trail)
    )
    what = f"there is no folder {text!r} (looked for {' and '.join(tried)})"
    return Mistake(document.where(trail), what, remedy)
