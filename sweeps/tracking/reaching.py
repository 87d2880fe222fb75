"""Whether MLflow answers at an address, lets us in, and has its tables as our version wants them.

Changes nothing there, and is done in seconds. Next: `database`, which makes and migrates.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sweeps.spec.database import sqlite_path
from sweeps.tracking.location import client_address, tracking_uri
from sweeps.tracking.revisions import is_migrated, is_nothing, latest_revision
from xlt_core.vocabulary.address import bare, parted
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line, in_short

SECONDS = 5.0
_UP = "start it, or name the right one (tracking:, XLT_TRACKING)"
_IN = "name a user whose password it knows: tracking: http://USER@HOST:PORT, XLT_TRACKING_PASSWORD"
_HOSTS = "give the server --allowed-hosts, or the right --host"


@dataclass(frozen=True)
class Reached:
    """What was found, for people; `remedy` where it may not do."""

    text: str
    remedy: str = ""


def reach(uri: str) -> Reached:
    """Look at the server or database at an address that a user wrote.

    Raises:
        UserMistake: it cannot be reached, refuses us, or is of another program.
    """
    address = tracking_uri(uri)
    if address.startswith(("http://", "https://")):
        return _server(address)
    path = sqlite_path(address)
    return _file(path) if path is not None else _database(address)


def _server(address: str) -> Reached:
    import requests

    where, root = bare(address), client_address(address).rstrip("/")
    place, password = parted(address)
    user = unquote(urlsplit(place).username or "")
    asking = requests.Session()
    asking.auth = (user, password) if user else None
    try:
        number = asking.get(f"{root}/version", timeout=SECONDS)
        search = f"{root}/api/2.0/mlflow/experiments/search"
        answer = asking.post(search, json={"max_results": 1}, timeout=SECONDS)
    except (OSError, requests.RequestException) as error:
        what = f"is not reached ({type(error).__name__}: {_cause(error)})"
        raise UserMistake(Mistake(f"MLflow at {where}", what, _UP)) from None
    if answer.status_code in (401, 403):
        hosts = "host" in answer.text.lower()
        what = f"refuses us: {in_short(answer.text, 120) or answer.reason}"
        raise UserMistake(Mistake(f"MLflow at {where}", what, _HOSTS if hosts else _IN))
    if answer.status_code != 200:
        what = f"answers {answer.status_code}: {in_short(answer.text, 120)}"
        remedy = "see its log; a database of another version wants `mlflow db upgrade`"
        raise UserMistake(Mistake(f"MLflow at {where}", what, remedy))
    return _of_version(f"server {where} answers", number.text.strip())


def _of_version(text: str, there: str) -> Reached:
    here = version("mlflow")
    if there.split(".")[:2] == here.split(".")[:2]:
        return Reached(f"{text}, MLflow {there}")
    return Reached(f"{text}, MLflow {there[:20] or '?'}, here {here}", f"have mlflow=={here} there")


def _file(path: Path) -> Reached:
    if is_nothing(path):
        return Reached(f"{path} is not there yet; the first run makes it")
    if is_migrated(path):
        return Reached(f"{path} is migrated")
    return Reached(f"{path} is of another MLflow", "the next run migrates it, and keeps a copy")


def _database(address: str) -> Reached:
    from sqlalchemy import create_engine, pool, text
    from sqlalchemy.exc import SQLAlchemyError

    where = bare(address)
    timeout = {"connect_timeout": int(SECONDS)} if where.startswith("postgres") else {}
    try:
        engine = create_engine(
            client_address(address), poolclass=pool.NullPool, connect_args=timeout
        )
        with engine.connect() as connection:
            found = connection.execute(text("select version_num from alembic_version")).scalar()
    except (SQLAlchemyError, ImportError) as error:
        what = f"cannot be read: {first_line(getattr(error, 'orig', None) or error)}"
        raise UserMistake(Mistake(f"MLflow's database {where}", what, _UP)) from None
    if found == latest_revision():
        return Reached(f"{where} is migrated")
    return Reached(f"{where} is of another MLflow", "run `mlflow db upgrade` on it once")


def _cause(error: BaseException) -> str:
    """Under the wrappings of the library that asked; without its objects' addresses."""
    inner = error.__cause__ or error.__context__
    if inner is not None:
        return _cause(inner)
    reason = getattr(error, "reason", None)
    return in_short(getattr(reason, "strerror", None) or reason or error, 120)
