"""Where a sweep lies: `runs/<name>/…`, here or at a URL, and what sweeps share beside it.

`files` reads and writes its texts wherever it lies, `stored` knows the form of `spec.yaml`.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sweeps.spec.database import sqlite_address
from sweeps.spec.files import Files, files_at
from sweeps.spec.usual import usual
from xlt_core.vocabulary.address import bare

SPEC = "spec.yaml"  # the sweep as it was started: what was written, what it resolved to
PREPARED = "prepared.json"  # what preflight found: encoder and data by content, overlaps, notes
IDENTITY = "id"  # tells this folder from every other, wherever it is moved
EVENTS = "events.jsonl"  # what happened, one JSON line each
NOW = "now.json"  # what goes on while a driver is at work: stages, steps, speeds
CONTROL = "control"  # a request to pause, stop or cancel
REPORT = "report"  # a folder: what `xlt report` wrote
STUDY, LOCK, SPOOL = "study.db", "lock", "spool"
_BESIDE_THE_STUDY = tuple(f"{STUDY}{end}" for end in ("-journal", "-wal", "-shm"))  # SQLite's
OWN = (
    *(SPEC, PREPARED, IDENTITY, EVENTS, NOW, CONTROL, REPORT),
    *(STUDY, *_BESIDE_THE_STUDY, LOCK, SPOOL),
)

Place = Path | str
"""A folder here, or an fsspec URL without a slash at its end."""


def runs_place() -> Place:
    """What holds sweeps and what they share: a folder or a URL that `usual` names, else `runs`."""
    return place_of(usual("runs") or "runs")


def place_of(text: Place) -> Place:
    """A folder or a URL, from what a user wrote.

    Raises:
        UserMistake: it is a URL of a kind that nobody knows.
    """
    if isinstance(text, Path) or not ("://" in text or text.startswith("file:")):
        return Path(text).expanduser()
    from xlt_core.store.place import is_remote, normal_url

    normal = normal_url(text)
    return normal if is_remote(normal) else Path(normal)


def within(place: Place, name: str) -> Place:
    """What lies by that name in a folder or at a URL."""
    return place / name if isinstance(place, Path) else f"{place}/{name}"


def shown(place: Place) -> str:
    """A folder or URL for people: without secrets."""
    return str(place) if isinstance(place, Path) else bare(place)


@dataclass(frozen=True)
class SweepFolder:
    """The folder of one sweep. Nothing is made by asking for a path."""

    place: Place

    @classmethod
    def named(cls, name: str, runs: Place | None = None) -> SweepFolder:
        """The folder of the sweep called `name`, whether or not it is there."""
        return cls(within(runs_place() if runs is None else runs, name))

    @property
    def is_remote(self) -> bool:
        """Whether it lies at a URL."""
        return isinstance(self.place, str)

    @cached_property
    def files(self) -> Files:
        """Its texts, by the names above."""
        return files_at(self.place)

    @property
    def path(self) -> Path:
        """What it has on this machine: the folder itself, or what belongs to one at a URL here."""
        if isinstance(self.place, Path):
            return self.place
        from xlt_core.store.place import default_scratch
        from xlt_core.vocabulary.fingerprint import fingerprint

        return default_scratch() / "sweeps" / f"{self.name}-{fingerprint(bare(self.place))[:12]}"

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.place.name if isinstance(self.place, Path) else self.place.rpartition("/")[2]

    @property
    def absolute(self) -> Place:
        """Its place, wherever it is looked at from."""
        return self.place.absolute() if isinstance(self.place, Path) else self.place

    @property
    def called(self) -> str:
        """One word of a shell by which a command that is shown to copy finds this sweep."""
        usual = SweepFolder.named(self.name)
        return shlex.quote(self.name if self.absolute == usual.absolute else shown(self.absolute))

    @property
    def exists(self) -> bool:
        """Whether a sweep was started here."""
        return self.files.has(SPEC)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Names in it that are no sweep's, sorted; what hides (`.gitkeep`) is nobody's."""
        there = _names(self.place)
        return tuple(name for name in there if name not in OWN and not name.startswith("."))

    @property
    def identity(self) -> str:
        """What tells it from every other; empty before the sweep was begun."""
        return (self.files.read(IDENTITY, errors="replace") or "").strip()

    @property
    def study(self) -> Path:
        """The study's SQLite file, where it lies here."""
        return self.path / STUDY

    @property
    def lock(self) -> Path:
        """Held by the one driver."""
        return self.path / LOCK

    @property
    def spool(self) -> Path:
        """Tracking records that wait to be sent."""
        return self.path / SPOOL

    @property
    def runs(self) -> Place:
        """What holds this sweep and what it shares with others."""
        if isinstance(self.place, Path):
            return self.place.absolute().parent
        return self.place.rpartition("/")[0]

    @property
    def cache(self) -> Path:
        """Encoded data, shared by the sweeps of one runs folder; each machine its own at a URL."""
        if isinstance(self.runs, Path):
            return self.runs / "cache"
        return self.path.parent.parent / "cache"

    @property
    def default_store(self) -> str:
        """The stage store, where a spec names none."""
        return str(within(self.runs, "stages"))

    @property
    def default_tracking(self) -> str:
        """The MLflow database, where a spec names none; empty where there can be none."""
        return sqlite_address(self.runs / "mlflow.db") if isinstance(self.runs, Path) else ""

    @property
    def default_storage(self) -> str:
        """The study's database, where a spec names none; empty where there can be none."""
        return "" if self.is_remote else sqlite_address(self.study)


def existing_sweeps(runs: Place | None = None) -> tuple[SweepFolder, ...]:
    """Every sweep under the runs folder, by name; a folder that may not be looked into is one.

    Raises:
        OSError: the runs folder may not be read.
    """
    root = runs_place() if runs is None else runs
    found = (SweepFolder(within(root, name)) for name in _names(root))
    return tuple(folder for folder in found if _may_be_a_sweep(folder))


def _names(place: Place) -> list[str]:
    if isinstance(place, Path):  # a glob is silent if refused
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    from xlt_core.store.place import open_backend

    return open_backend(place, None).names("")


def _may_be_a_sweep(folder: SweepFolder) -> bool:
    try:
        return folder.exists
    except PermissionError:
        return True  # whoever opens it is told
