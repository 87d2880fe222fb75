"""Where tracking goes: the address a user wrote, as MLflow wants it. No MLflow here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sweeps.spec.database import absolute, sqlite_address, sqlite_path, with_driver
from xlt_core.vocabulary.address import filled, parted
from xlt_core.vocabulary.errors import Mistake, UserMistake

EXPERIMENT = "xlt"
DEFAULT = "runs/mlflow.db"


def tracking_uri(text: str) -> str:
    """The address for `text`: a URL, a SQLite file's path, or empty for `runs/mlflow.db`.

    Raises:
        UserMistake: a folder or `file:` address; MLflow no longer keeps runs in files.
    """
    text = text.strip() or DEFAULT
    is_file = text.startswith("file:")
    is_url = not is_file and re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/|sqlite:", text) is not None
    address = absolute(text) if is_url else sqlite_address(Path(text).expanduser())
    path = sqlite_path(address)
    if is_file or (path is not None and path.is_dir()):
        raise UserMistake(
            Mistake("tracking", f"{text!r} is a folder", f"name a database file, as {DEFAULT}")
        )
    return address


def artifact_folder(uri: str) -> str | None:
    """Where artifacts lie: beside a SQLite database; elsewhere the server decides."""
    path = sqlite_path(uri)
    return None if path is None else (path.absolute().parent / "mlartifacts").as_uri()


def client_address(uri: str) -> str:
    """The address as MLflow is to be given it: a server's without user and password (`signed_in`),
    a database's with them.

    Raises:
        UserMistake: a variable of it is not set.
    """
    if _is_server(uri):
        parts = urlsplit(parted(uri)[0])
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return plain_for_mlflow(filled(uri))


def plain_for_mlflow(address: str) -> str:
    """The address of a database with its driver, and such that MLflow makes no folder by an
    undecoded name (`q%3Fmark`), as it does for what begins with `sqlite:///`."""
    return re.sub(r"^sqlite:///(?=[^?]*%)", "sqlite+pysqlite:///", with_driver(address))


@contextmanager
def signed_in(uri: str) -> Iterator[None]:
    """A server's user and password where MLflow looks for them, and in no error it words.

    Raises:
        UserMistake: a variable of the address is not set.
    """
    place, password = parted(uri) if _is_server(uri) else ("", "")
    user = unquote(urlsplit(place).username or "")
    names = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: value for name, value in names.items() if value})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _is_server(uri: str) -> bool:
    return uri.startswith(("http://", "https://"))


def quiet_environment() -> dict[str, str]:
    """Environment variables that keep MLflow from phoning and printing, where none are set."""
    ours = {
        "PYTHONSAFEPATH": "1",  # a queue.py in the folder of the user is none of MLflow's
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    return {**ours, **os.environ}


def impatient_environment() -> dict[str, str]:
    """The same for the tracking process: MLflow gives up soon, because the spool is patient."""
    return {**_patience("0"), **quiet_environment()}


@contextmanager
def impatient() -> Iterator[None]:
    """Meanwhile MLflow tries for seconds; of its own it does for minutes, without a word."""
    ours = {name: text for name, text in _patience("2").items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _patience(retries: str) -> dict[str, str]:
    return {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": retries,
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    }
