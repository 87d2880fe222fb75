"""Where tracking goes: the address a user wrote, as MLflow wants it. No MLflow here."""

from __future__ import annotations

import os
from pathlib import Path

from xlt_core.vocabulary.errors import Mistake, UserMistake

EXPERIMENT = "xlt"
DEFAULT = "runs/mlflow.db"


def tracking_uri(text: str) -> str:
    """The address for `text`: a URL, a SQLite file's path, or empty for `runs/mlflow.db`.

    Raises:
        UserMistake: a folder or `file:` address; MLflow no longer keeps runs in files.
    """
    text = text.strip() or DEFAULT
    path = sqlite_path(text) if text.startswith("sqlite:") else None
    if path is None and "://" in text and not text.startswith("file:"):
        return text
    path = path or Path(text)
    if text.startswith("file:") or path.is_dir():
        raise UserMistake(
            Mistake("tracking", f"{text!r} is a folder", f"name a database file, as {DEFAULT}")
        )
    return f"sqlite:///{path.expanduser().absolute()}"


def sqlite_path(uri: str) -> Path | None:
    """The file of a SQLite address, or None for a server or another database."""
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///").split("?", 1)[0])


def artifact_folder(uri: str) -> str | None:
    """Where artifacts lie: beside a SQLite database; elsewhere the server decides."""
    path = sqlite_path(uri)
    return None if path is None else (path.absolute().parent / "mlartifacts").as_uri()


def quiet_environment() -> dict[str, str]:
    """Environment variables that keep MLflow from phoning and printing, where none are set."""
    ours = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    return {**ours, **os.environ}


def impatient_environment() -> dict[str, str]:
    """The same for the tracking process: MLflow gives up soon, because the spool is patient."""
    ours = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
    return {**ours, **quiet_environment()}
