"""The tracking database and its one experiment: made, migrated, opened. Next: `writer`.

MLflow makes and migrates a database in dozens of steps, and cannot go on from the middle of them:
a SQLite file is made or migrated beside its place and put there whole.
"""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import logging
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock
from mlflow import MlflowClient
from mlflow.entities import Experiment, ViewType
from mlflow.exceptions import MlflowException

from sweeps.spec.database import sqlite_address, sqlite_path
from sweeps.tracking.location import (
    EXPERIMENT,
    artifact_folder,
    client_address,
    quiet_environment,
)
from sweeps.tracking.revisions import is_migrated, is_nothing
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake, XltError

MARK = "xlt.experiment"  # the experiment is found by it, whatever people call it
_TAGS = {
    # Without it MLflow's UI opens on its pages for language-model applications.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": "Sweeps of xlt: sweep, trials, stages. A projection; `xlt sync` "
    "builds it again from Optuna's study and the store.",
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


_log = logging.getLogger(__name__)


class ArtifactFailed(XltError):
    """The artifact store does not take a text; the tracking server may well be there."""


class NoAnswer(XltError):
    """Something answers in the tracking server's place, and politely."""


def prepare_database(uri: str, experiment: str = EXPERIMENT) -> str:
    """Make and migrate the database once and return the experiment's id (seconds when new).

    A SQLite file of an older MLflow is copied beside itself before it is migrated. An experiment
    that somebody deleted is restored, with its runs; one that is gone for good is made anew.

    Raises:
        UserMistake: a database that is not ours to migrate is old; a file is another program's.
        MlflowException: the server is away.
    """
    for name, value in quiet_environment().items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db").setLevel(logging.WARNING)
    with exclusive(uri):
        path = sqlite_path(uri)
        if path is not None and is_nothing(path):
            _make(path)
        elif path is not None and not is_migrated(path):
            _migrate(path)
        try:
            return _experiment_id(MlflowClient(client_address(uri)), uri, experiment)
        except MlflowException as error:
            if "out-of-date database schema" not in str(error):
                raise
            raise UserMistake(
                Mistake(
                    bare(uri),
                    "was made by an older MLflow",
                    f"run `mlflow db upgrade {shlex.quote(bare(uri))}` once",
                )
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
    if isinstance(error, MlflowException):
        return str(error.error_code) == "INTERNAL_ERROR"
    return isinstance(error, ArtifactFailed)


def _experiment_id(client: MlflowClient, uri: str, name: str) -> str:
    found = _marked(client, name) or client.get_experiment_by_name(name)
    if found is None:
        found = _create(client, uri, name)
    number = str(found.experiment_id)
    if not number:
        raise NoAnswer(f"{bare(uri)} has no experiments: it is no MLflow server")
    if found.lifecycle_stage != "active":
        _log.warning("the experiment %r was deleted in MLflow; it is restored", found.name)
        client.restore_experiment(number)
    if found.tags.get(MARK) != name:
        client.set_experiment_tag(number, MARK, name)
    return number


def _marked(client: MlflowClient, name: str) -> Experiment | None:
    """The experiment that carries our mark, renamed or deleted as it may be; the oldest of them."""
    found = client.search_experiments(ViewType.ALL, filter_string=f"tags.`{MARK}` = '{name}'")
    return min(found, key=lambda each: (len(each.experiment_id), each.experiment_id), default=None)


def _create(client: MlflowClient, uri: str, name: str) -> Experiment:
    tags = {**_TAGS, MARK: name}
    try:
        made = client.create_experiment(name, artifact_location=artifact_folder(uri), tags=tags)
        return client.get_experiment(made)
    except MlflowException as error:
        # Another writer was first.
        found = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or found is None:
            raise
        return found


def _make(path: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with _aside(path) as new:
        # It makes an experiment that nobody needs, by default with the working folder in it, whose
        # name it would paste into a statement.
        place = artifact_folder(sqlite_address(path))
        SqlAlchemyStore(client_address(sqlite_address(new)), place).engine.dispose()


def _migrate(path: Path) -> None:
    copy = _copy(path)
    with _aside(path) as new:
        shutil.copy2(copy, new)
        address = client_address(sqlite_address(new))
        command = [sys.executable, "-P", "-m", "mlflow", "db", "upgrade", address]
        done = subprocess.run(command, capture_output=True, text=True, env=quiet_environment())
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            what = f"cannot be brought to this MLflow's version: {last}"
            raise UserMistake(Mistake(str(path), what, f"see {copy}"))


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A file to be made, which is put in `path`'s place when it is whole.

    What a process that was killed has left of one is removed; `exclusive` lets no other be at it.
    """
    new = path.with_name(path.name + ".new")

    def remove() -> None:
        for end in ("", "-journal", "-wal", "-shm"):
            new.with_name(new.name + end).unlink(missing_ok=True)

    remove()
    try:
        yield new
        _put(new, path)
    finally:
        remove()


def _put(new: Path, path: Path) -> None:
    """Have `path` hold what `new` does, in one step: all or nothing, whenever it is killed."""
    if is_nothing(path):
        for end in (
            "-journal",
            "-wal",
            "-shm",
        ):  # of a file that was deleted: none of the new one's
            path.with_name(path.name + end).unlink(missing_ok=True)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
        return
    # Who has the old file open, as the UI, must not go on with one that nobody else sees.
    with (
        contextlib.closing(sqlite3.connect(new)) as source,
        contextlib.closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)


def _copy(path: Path) -> Path:
    """Keep what the file holds beside it, once however often it is tried; return where."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("select count(*) from sqlite_master")  # what a kill left half is undone
    first = path.with_name(path.name + ".before-upgrade")
    others = (first.with_name(f"{first.name}.{number}") for number in itertools.count(1))
    for copy in itertools.chain([first], others):
        if not copy.exists():
            shutil.copy2(path, copy)
            return copy
        if filecmp.cmp(path, copy, shallow=False):
            return copy
    raise AssertionError("numbers do not end")
