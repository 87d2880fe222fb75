"""The tracking database and its one experiment: made, migrated, opened. Next: `writer`."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock
from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException

from sweeps.tracking.location import EXPERIMENT, artifact_folder, quiet_environment, sqlite_path
from xlt_core.vocabulary.errors import Mistake, UserMistake

_TAGS = {
    # Without it MLflow's UI opens on its pages for language-model applications.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": "Sweeps of xlt: sweep, trials, stages. A projection; `xlt sync` "
    "builds it again from the study and the store.",
}
# Errors that trying again would only repeat. Everything else counts as the server being away.
_FINAL = {
    "INVALID_PARAMETER_VALUE",
    "BAD_REQUEST",
    "MALFORMED_REQUEST",
    "RESOURCE_DOES_NOT_EXIST",
    "RESOURCE_ALREADY_EXISTS",
    "INVALID_STATE",
    "NOT_FOUND",
}


def prepare_database(uri: str, experiment: str = EXPERIMENT) -> str:
    """Make and migrate the database once and return the experiment's id (seconds when new).

    A SQLite file of an older MLflow is copied beside itself before it is migrated.

    Raises:
        UserMistake: the experiment was deleted, or a database that is not ours to migrate is old.
        MlflowException: the server is away.
    """
    for name, value in quiet_environment().items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db").setLevel(logging.WARNING)
    with exclusive(uri):
        path = sqlite_path(uri)
        if path is not None and _is_of_another_version(path):
            _migrate(path, uri)
        try:
            return _experiment_id(MlflowClient(uri), uri, experiment)
        except MlflowException as error:
            if "out-of-date database schema" not in str(error):
                raise
            raise UserMistake(
                Mistake(uri, "was made by an older MLflow", f"run `mlflow db upgrade {uri}` once")
            ) from error


@contextlib.contextmanager
def exclusive(uri: str) -> Iterator[None]:
    """Only one process of this machine at a time, for a SQLite file; elsewhere no fence."""
    path = sqlite_path(uri)
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path.with_name(path.name + ".lock")):
        yield


def is_away(error: BaseException) -> bool:
    """Whether trying again later may help."""
    if isinstance(error, MlflowException):
        return str(error.error_code) not in _FINAL
    return isinstance(error, OSError)


def is_obscure(error: BaseException) -> bool:
    """Whether the error does not tell a server that is away from a record it cannot take."""
    return isinstance(error, MlflowException) and str(error.error_code) == "INTERNAL_ERROR"


def _experiment_id(client: MlflowClient, uri: str, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        found = _create(client, uri, name)
    if found.lifecycle_stage != "active":
        raise UserMistake(
            Mistake(
                f"MLflow experiment {name!r} at {uri}",
                "was deleted",
                f"bring it back with `mlflow experiments restore -x {found.experiment_id}`",
            )
        )
    return str(found.experiment_id)


def _create(client: MlflowClient, uri: str, name: str) -> Experiment:
    try:
        made = client.create_experiment(name, artifact_location=artifact_folder(uri), tags=_TAGS)
        return client.get_experiment(made)
    except MlflowException as error:
        # Another writer was first.
        found = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or found is None:
            raise
        return found


def _is_of_another_version(path: Path) -> bool:
    if not path.exists():
        return False
    # MLflow migrates some old databases when it opens them, and keeps no copy.
    from mlflow.store.db.utils import _get_latest_schema_revision

    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("select version_num from alembic_version").fetchall()
        except sqlite3.DatabaseError:
            return False  # empty, or not a database: MLflow says so better
    return bool(rows) and rows != [(_get_latest_schema_revision(),)]


def _migrate(path: Path, uri: str) -> None:
    copy = _unused(path.with_name(path.name + ".before-upgrade"))
    shutil.copy2(path, copy)
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", uri]
    done = subprocess.run(command, capture_output=True, text=True, env=quiet_environment())
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserMistake(
            Mistake(uri, f"cannot be brought to this MLflow's version: {last}", f"see {copy}")
        )


def _unused(path: Path) -> Path:
    number = 1
    while path.exists():
        path = path.with_suffix(f".{number}")
        number += 1
    return path
