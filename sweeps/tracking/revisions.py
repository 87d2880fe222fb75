"""Whether a SQLite file is MLflow's, and of which version. Changes nothing.

MLflow itself makes its tables in any database that lacks them, another program's as well. Used by
`database`, before it makes or migrates, and by `reaching`, which only looks.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from xlt_core.vocabulary.errors import Mistake, UserMistake

_OURS = frozenset(("experiments", "runs", "tags", "params", "metrics", "latest_metrics"))
_OTHER = "name another (tracking:, XLT_TRACKING); one that is not there yet is made"


def is_nothing(path: Path) -> bool:
    """Whether there is no file, an empty one, or a database without tables.

    Raises:
        UserMistake: it is no database.
    """
    return not path.exists() or not path.stat().st_size or not _read(path)[0]


def is_migrated(path: Path) -> bool:
    """Whether the database is of this MLflow's version; otherwise it is of an older one.

    Raises:
        UserMistake: it is no database, one of another program or of a newer MLflow, or it lacks
            tables that it must have.
    """
    tables, revisions = _read(path)
    if "alembic_version" not in tables or len(revisions) != 1:
        raise _mistake(path, f"is another program's, or half made (tables {_some(tables)})")
    latest, known = _history()
    if revisions[0] not in known:
        what = f"is of a newer MLflow than {_version()}, or of another program"
        raise _mistake(path, f"{what} (revision {revisions[0]!r}, tables {_some(tables)})")
    lacking = _OURS - tables
    if revisions[0] == latest and lacking:
        raise _mistake(path, f"is damaged: it lacks MLflow's tables {_some(lacking)}")
    return revisions[0] == latest


def latest_revision() -> str:
    """What this MLflow's databases say of themselves."""
    return _history()[0]


def _read(path: Path) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names of the tables, and the revision that stands in the database."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute("select name from sqlite_master where type = 'table'")
            tables = frozenset(str(name) for (name,) in rows)
            if "alembic_version" not in tables:
                return tables, ()
            found = connection.execute("select version_num from alembic_version")
            return tables, tuple(str(number) for (number,) in found)
    except sqlite3.OperationalError as error:  # locked, not to be opened: nobody's mistake yet
        if "unable to open" in str(error):
            raise _mistake(path, f"cannot be read: {error}") from None
        raise
    except sqlite3.DatabaseError as error:
        raise _mistake(path, f"is no database of MLflow: {error}") from None


def _history() -> tuple[str, frozenset[str]]:
    """The latest revision, and all there are."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config, _get_latest_schema_revision

    scripts = ScriptDirectory.from_config(_get_alembic_config(db_url=""))
    return str(_get_latest_schema_revision()), frozenset(
        str(each.revision) for each in scripts.walk_revisions()
    )


def _mistake(path: Path, what: str) -> UserMistake:
    return UserMistake(Mistake(f"tracking database {path}", what, _OTHER))


def _some(names: frozenset[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:3]) + (f" and {len(ordered) - 3} more" if len(ordered) > 3 else "")


def _version() -> str:
    from importlib.metadata import version

    return version("mlflow")
