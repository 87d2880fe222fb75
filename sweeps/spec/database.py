"""SQLite files as database addresses, and back: a folder may have any name, an address may not.

`sqlite:///` is followed by a percent-encoded path, then perhaps by `?options`: so SQLAlchemy reads
it, for Optuna and for MLflow. Nothing else here or there pastes a path into an address.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from xlt_core.vocabulary.errors import Mistake, UserMistake

SQLITE = "sqlite:///"
_SQLITE = re.compile(
    r"sqlite(\+\w+)?:(///(?P<path>[^?]*)(?P<options>\?.*)?|(?P<other>.*))", re.DOTALL
)


def sqlite_address(path: Path, options: str = "") -> str:
    """The address of an SQLite file, by its absolute path.

    Args:
        options: as they stand in an address, `?timeout=5`.
    """
    return SQLITE + path.absolute().as_uri().removeprefix("file://") + options


def sqlite_path(address: str) -> Path | None:
    """The file of an SQLite address (`sqlite:///relative`, `sqlite:////absolute`), or None for
    any other database.

    Raises:
        UserMistake: it names no file, as `sqlite://` and `sqlite:///:memory:`.
    """
    parts = _parts(address)
    return None if parts is None else parts[0]


def absolute(address: str) -> str:
    """The address with the path of an SQLite file made absolute; any other as it is.

    Raises:
        UserMistake: as `sqlite_path`.
    """
    parts = _parts(address)
    return address if parts is None else sqlite_address(parts[0].expanduser(), parts[1])


def with_driver(address: str) -> str:
    """The address with psycopg2 for PostgreSQL where no driver is named: SQLAlchemy 2.1 would take
    psycopg 3."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", address)


def _parts(address: str) -> tuple[Path, str] | None:
    """File and options of an SQLite address."""
    match = _SQLITE.fullmatch(address)
    if match is None:
        return None
    path = unquote(match["path"] or "")
    if path in ("", ":memory:") or path.startswith("file:"):
        what = "names no file; what is kept in memory only could not be gone on with"
        raise UserMistake(Mistake(address, what, f"name a file, as {SQLITE}runs/some.db"))
    return Path(path), match["options"] or ""
