"""Connecting to the database that a study lies in, and its errors in words a user can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sweeps.search.quiet import quiet_optuna
from sweeps.search.storage import SECONDS_TO_WAIT, damaged, storage_mistake
from sweeps.spec.database import sqlite_path, with_driver
from xlt_core.vocabulary.address import filled, starred
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from sqlalchemy.engine import URL


def without_password(storage_url: str) -> str:
    """The URL fit to be shown: an SQLite file's path, or the URL with its password starred out."""
    path = sqlite_path(storage_url)
    return starred(storage_url) if path is None else str(path)


def connect(storage_url: str) -> RDBStorage:
    """Optuna's storage at an address. Raises UserMistake: it is none, or another program's."""
    from optuna.storages import RDBStorage

    quiet_optuna()
    url = _read(storage_url)
    if url.get_backend_name() == "sqlite":
        options: dict[str, object] = {"connect_args": {"timeout": SECONDS_TO_WAIT}}
    else:
        # A connection that a restarted server has dropped is replaced without anybody noticing.
        options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": int(SECONDS_TO_WAIT)}}
    _refuse_anothers(url, options, without_password(storage_url))
    # Optuna takes braces in a URL for a template.
    text = url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
    return RDBStorage(text, engine_kwargs=options)


def _read(storage_url: str) -> URL:
    """The address with the passwords it names. Raises UserMistake where it is none."""
    from sqlalchemy.engine import make_url

    try:
        return make_url(with_driver(filled(storage_url)))
    except ValueError as error:
        what = f"is no database's address: {error}"
        remedy = "write storage: postgresql://user@host:5432/database, or an SQLite file"
        raise UserMistake(Mistake(without_password(storage_url), what, remedy)) from None


def _refuse_anothers(url: URL, options: dict[str, object], where: str) -> None:
    """Leave another program's database alone: Optuna would put its tables and its version in it."""
    from sqlalchemy import create_engine, inspect, pool

    engine = create_engine(url, poolclass=pool.NullPool, connect_args=options["connect_args"])
    tables = set(inspect(engine).get_table_names())
    # Only one program's version fits into `alembic_version`; a file is one program's anyway.
    is_file = url.get_backend_name() == "sqlite"
    is_anothers = "alembic_version" in tables or (tables and is_file)
    if "studies" not in tables and is_anothers:
        what = f"is another program's database (it holds {', '.join(sorted(tables)[:4])})"
        remedy = "give storage: a file or database of its own"
        raise UserMistake(Mistake(where, what, remedy))


@contextmanager
def mistakes(where: str) -> Iterator[None]:
    """Turn what databases raise into a mistake that says what to do."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    try:
        yield
    except StorageInternalError as error:
        raise storage_mistake(where, _cause(error)) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise storage_mistake(where, _cause(error)) from error
    except ImportError as error:
        raise UserMistake(
            Mistake(where, "needs a database driver", "pip install 'xlt[postgresql]'")
        ) from error
    except json.JSONDecodeError as error:
        raise UserMistake(damaged(where)) from error
    except RuntimeError as error:
        if "compatible with the table schema" not in str(error):
            raise
        raise UserMistake(_of_another_version(where, str(error))) from error


def _of_another_version(where: str, text: str) -> Mistake:
    """Optuna says itself whether the tables or the program are the older."""
    what = "was written by another version of Optuna"
    if "storage upgrade" in text:
        command = "optuna storage upgrade --storage URL"
        return Mistake(where, f"{what}, an older one", f"keep a copy, then `{command}`")
    remedy = "use the version of xlt that began the sweep, or give storage: another place"
    return Mistake(where, f"{what}, a newer one", remedy)


def _cause(error: BaseException) -> Exception:
    """The database's own error under the wrappings."""
    inner = getattr(error, "orig", None) or error.__cause__
    return _cause(inner) if isinstance(inner, Exception) else Exception(str(error))
