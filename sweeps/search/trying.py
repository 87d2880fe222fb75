"""Trying a study's database out: whether it takes writes, how fast, and how its clock goes.

No study is touched: what is written goes to a table of its own, which is gone afterwards.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.search.connection import mistakes, without_password
from sweeps.search.storage import SECONDS_TO_WAIT, storage_mistake
from sweeps.spec.database import sqlite_path, with_driver
from xlt_core.vocabulary.address import filled
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sqlalchemy import Connection

WRITES = 3
_CLOCK = {"postgresql": "select extract(epoch from clock_timestamp())"}


@dataclass(frozen=True)
class TriedStorage:
    """What trying showed.

    Attributes:
        where: the database, without its password.
        state: what is there, for people.
        milliseconds: that one write takes.
    """

    where: str
    state: str
    milliseconds: float


def try_storage(storage_url: str) -> TriedStorage:
    """Write to the database at an address.

    Raises:
        UserMistake: it cannot be reached or written to, or is none.
    """
    path, where = sqlite_path(storage_url), without_password(storage_url)
    if path is not None:
        return _try_file(path)
    from sqlalchemy import inspect, text

    with _connected(storage_url) as connection:
        state = "studies are there" if inspect(connection).has_table("studies") else "no study yet"
        connection.execute(text("create temporary table xlt_probe (number integer)"))
        connection.commit()
        began = time.perf_counter()
        for number in range(WRITES):
            connection.execute(text("insert into xlt_probe values (:number)"), {"number": number})
            connection.commit()
        took = time.perf_counter() - began
    return TriedStorage(where, state, 1000 * took / WRITES)


def clock_ahead(storage_url: str) -> float | None:
    """Seconds by which this machine's clock is ahead of the database's; None where it has none.

    Raises:
        UserMistake: it cannot be reached.
    """
    if sqlite_path(storage_url) is not None:
        return None
    from sqlalchemy import text

    with _connected(storage_url) as connection:
        asking = _CLOCK.get(connection.dialect.name)
        if asking is None:
            return None
        began = time.time()
        there = float(connection.execute(text(asking)).scalar_one())
        return (began + time.time()) / 2 - there


@contextmanager
def _connected(storage_url: str) -> Iterator[Connection]:
    from sqlalchemy import create_engine, pool
    from sqlalchemy.engine import make_url

    where = without_password(storage_url)
    with mistakes(where):
        try:
            url = make_url(with_driver(filled(storage_url)))
        except ValueError as error:
            raise UserMistake(Mistake(where, f"is no database's address: {error}")) from None
        options = {"connect_timeout": int(SECONDS_TO_WAIT)} if "postgres" in where else {}
        engine = create_engine(url, poolclass=pool.NullPool, connect_args=options)
        with engine.connect() as connection:
            yield connection


def _try_file(path: Path) -> TriedStorage:
    """The file is opened for writing, and left as it is; how fast its disk is, another tells."""
    state = "not there yet"
    if path.is_file() and path.stat().st_size:
        state = "its file can be written to"
        try:
            with closing(_opened(path)) as connection:
                connection.execute("begin immediate")
                connection.rollback()
        except sqlite3.DatabaseError as error:
            raise storage_mistake(str(path), error) from error
    above = next(each for each in path.absolute().parents if each.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        remedy = "change its permissions, or name another place"
        raise UserMistake(Mistake(str(above), "cannot be written to", remedy))
    with tempfile.TemporaryDirectory(prefix=".xlt-probe-", dir=above) as folder:
        return TriedStorage(str(path), state, _milliseconds(Path(folder) / "probe.db"))


def _milliseconds(path: Path) -> float:
    with closing(_opened(path)) as connection:
        connection.execute("create table probe (number integer)")
        began = time.perf_counter()
        for number in range(WRITES):
            connection.execute("insert into probe values (?)", (number,))
        return 1000 * (time.perf_counter() - began) / WRITES


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None)
