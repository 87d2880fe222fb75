"""Where sweeps lie: a name under `runs/` (or `$XLT_RUNS`), or a folder. Next: `status`."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.spec.paths import (
    Place,
    SweepFolder,
    existing_sweeps,
    place_of,
    runs_place,
    shown,
    within,
)
from sweeps.spec.usual import said_by
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.sweep import Sweep

__all__ = [
    "as_word",
    "every_sweep",
    "find_sweep",
    "folder_of",
    "looked_in",
    "placed",
    "refuse_a_foreign_folder",
    "sweep_names",
]


_DATABASES = {"tracking": "http://HOST:PORT", "storage": "postgresql://USER@HOST/NAME"}


def sweep_names() -> list[str]:
    """Names of the sweeps under the runs folder, sorted."""
    return [folder.name for folder in existing_sweeps()]


def find_sweep(name: str) -> SweepFolder:
    """The folder of the sweep called `name`, or of the folder that `name` is.

    Raises:
        UserMistake: there is no such sweep; says the nearest name that there is.
    """
    for place in _candidates(name) if name else ():
        if (folder := SweepFolder(place)).exists:
            return folder
    raise UserMistake(Mistake(repr(name), _why_not(name), _known(name)))


def looked_in() -> str:
    """The runs folder as an absolute place, and what names it."""
    runs = runs_place()
    place = shown(runs.absolute() if isinstance(runs, Path) else runs)
    named = said_by("runs")
    by = f"which {named} names" if named else "XLT_RUNS names another folder"
    return f"{place} ({by})"


def _candidates(name: str) -> tuple[Place, ...]:
    """What `name` may mean; a URL means itself alone."""
    given = place_of(name)
    return (given,) if isinstance(given, str) else (within(runs_place(), name), given)


def every_sweep() -> list[SweepFolder]:
    """All sweeps under the runs folder, by name."""
    return list(existing_sweeps())


def _why_not(name: str) -> str:
    from sweeps.results.status import is_locked

    path = place_of(name)
    if name and isinstance(path, Path) and path.is_file():
        return "is a file; a sweep is named by its name or its folder"
    if name and any(is_locked(SweepFolder(place).lock) for place in _candidates(name)):
        return "is just starting: nothing of it is written yet"
    if isinstance(path, str):
        return "is a URL without a sweep (no spec.yaml there)"
    if name and path.is_dir():
        return "is a folder without a sweep (no spec.yaml in it)"
    return f"is not a sweep under {looked_in()}"


def _known(name: str) -> str:
    """What to do instead."""
    names = sweep_names()
    if not names:
        return "`xlt run SPEC` starts one"
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are: {_some(names)}"


def _some(names: list[str], most: int = 8) -> str:
    text = ", ".join(names[:most])
    return f"{text} and {len(names) - most} more" if len(names) > most else text


def folder_of(name: str, given: str | None = None) -> SweepFolder:
    """The folder a sweep called `name` is to run in: the given one, else its own under runs.

    Raises:
        UserMistake: it is a URL that has nothing above it, where what sweeps share would lie.
    """
    if not given:
        return SweepFolder.named(name)
    place = place_of(given)
    if isinstance(place, str) and "/" not in place.partition("://")[2]:
        what = "is no folder within a bucket, and what sweeps share lies beside a sweep's folder"
        raise UserMistake(Mistake(f"--folder {shown(place)}", what, f"write {place}/runs/{name}"))
    return SweepFolder(place)


def refuse_a_foreign_folder(folder: SweepFolder, sweep: str) -> None:
    """Raise UserMistake where something lies that is no sweep's: `sweep` is not to mix with it."""
    if folder.exists or not (there := folder.foreign):
        return
    what = f"is no sweep's folder and not empty: it holds {_some(list(there))}"
    new = as_word(shown(within(folder.place, sweep)))
    remedy = f"name a new or empty folder, as --folder {new}; what lies here stays as it is"
    raise UserMistake(Mistake(shown(folder.place), what, remedy))


def placed(sweep: Sweep, folder: SweepFolder) -> Sweep:
    """The sweep with everything that stood at its default place moved to where `folder` lies.

    Raises:
        UserMistake: the folder lies at a URL, where databases cannot be, and none is named.
    """
    usual = folder_of(sweep.name)

    def moved(value: str, default: str, own: str) -> str:
        return own if value == default else value

    found = replace(
        sweep,
        store=moved(sweep.store, usual.default_store, folder.default_store),
        tracking=moved(sweep.tracking, usual.default_tracking, folder.default_tracking),
        storage=moved(sweep.storage, usual.default_storage, folder.default_storage),
    )
    if missing := [field for field in _DATABASES if not getattr(found, field)]:
        raise UserMistake([_no_database(found, field, folder) for field in missing])
    return found


def _no_database(sweep: Sweep, field: str, folder: SweepFolder) -> Mistake:
    what = f"names no {field}:, and {shown(folder.place)} cannot hold a database"
    remedy = f"write {field}: {_DATABASES[field]}, which every machine reaches"
    return Mistake(sweep.where(field), what, remedy)


def as_word(text: str | Path) -> str:
    """A name or path as a shell takes it for one word, for a command that is shown to copy."""
    return shlex.quote(str(text))
