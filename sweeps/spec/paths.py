"""Where the files of a sweep lie: `runs/<name>/…`, and what sweeps share beside it.

Next: `stored`, which writes and reads `spec.yaml`.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from sweeps.spec.database import sqlite_address


def runs_folder() -> Path:
    """The folder that holds sweeps and what they share: `$XLT_RUNS`, else `runs`."""
    return Path(os.environ.get("XLT_RUNS") or "runs").expanduser()


@dataclass(frozen=True)
class SweepFolder:
    """The folder of one sweep. Nothing is made by asking for a path."""

    path: Path

    @classmethod
    def named(cls, name: str, runs: Path | None = None) -> SweepFolder:
        """The folder of the sweep called `name`, whether or not it is there."""
        return cls((runs_folder() if runs is None else runs) / name)

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.path.name

    @property
    def called(self) -> str:
        """One word of a shell by which a command that is shown to copy finds this sweep."""
        at_home = self.runs == runs_folder().absolute()
        return shlex.quote(self.name if at_home else str(self.path.absolute()))

    @property
    def exists(self) -> bool:
        """Whether a sweep was started here."""
        return self.spec.is_file()

    @property
    def spec(self) -> Path:
        """The sweep as it was started: what was written, what it resolved to."""
        return self.path / "spec.yaml"

    @property
    def prepared(self) -> Path:
        """What preflight found: encoder and data by content, overlaps, notes."""
        return self.path / "prepared.json"

    @property
    def id(self) -> Path:
        """Tells this folder from every other, wherever it is moved."""
        return self.path / "id"

    @property
    def identity(self) -> str:
        """What stands in `id`; empty before the sweep was begun."""
        return (
            self.id.read_text(encoding="utf-8", errors="replace").strip()
            if self.id.is_file()
            else ""
        )

    @property
    def study(self) -> Path:
        """The study's SQLite file, where it lies here."""
        return self.path / "study.db"

    @property
    def events(self) -> Path:
        """What happened, one JSON line each."""
        return self.path / "events.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the one driver."""
        return self.path / "lock"

    @property
    def control(self) -> Path:
        """A request to pause, stop or cancel."""
        return self.path / "control"

    @property
    def spool(self) -> Path:
        """Tracking records that wait to be sent."""
        return self.path / "spool"

    @property
    def report(self) -> Path:
        """Tables, figures and the report itself."""
        return self.path / "report"

    @property
    def runs(self) -> Path:
        """The folder that holds this sweep and what it shares with others."""
        return self.path.absolute().parent

    @property
    def cache(self) -> Path:
        """Encoded data, shared by the sweeps of one runs folder."""
        return self.runs / "cache"

    @property
    def default_store(self) -> str:
        """The stage store, where a spec names none."""
        return str(self.runs / "stages")

    @property
    def default_tracking(self) -> str:
        """The MLflow database, where a spec names none."""
        return sqlite_address(self.runs / "mlflow.db")

    @property
    def default_storage(self) -> str:
        """The study's database, where a spec names none."""
        return sqlite_address(self.study)


def existing_sweeps(runs: Path | None = None) -> tuple[SweepFolder, ...]:
    """Every sweep under the runs folder, by name; a folder that may not be looked into is one.

    Raises:
        OSError: the runs folder may not be read.
    """
    root = runs_folder() if runs is None else runs
    if not root.is_dir():
        return ()
    found = (SweepFolder(path) for path in sorted(root.iterdir()))  # a glob is silent if refused
    return tuple(folder for folder in found if _may_be_a_sweep(folder))


def _may_be_a_sweep(folder: SweepFolder) -> bool:
    try:
        return folder.exists
    except PermissionError:
        return True  # whoever opens it is told
