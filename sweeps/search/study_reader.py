"""Reading a study: its trials as plain values, from SQLite without importing Optuna.

`xlt status` must be quick and must not disturb a driver at work, so an SQLite file is read
directly and read-only; any other storage is read through `study.SweepStudy`.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sweeps.search.storage import SECONDS_TO_WAIT, damaged, in_order, storage_mistake, trial_of
from sweeps.search.trial import Trial
from sweeps.spec.database import sqlite_path
from xlt_core.vocabulary.errors import UserMistake

OPTUNA_TABLES = frozenset(
    [
        "alembic_version",
        "studies",
        "study_directions",
        "study_system_attributes",
        "study_user_attributes",
        "trial_heartbeats",
        "trial_intermediate_values",
        "trial_params",
        "trial_system_attributes",
        "trial_user_attributes",
        "trial_values",
        "trials",
        "version_info",
    ]
)


def read_trials(storage_url: str, name: str) -> list[Trial]:
    """All trials of a study in number order; none where it has not been created yet.

    Raises:
        UserMistake: the storage cannot be read.
    """
    return find_trials(storage_url, name) or []


def find_trials(storage_url: str, name: str) -> list[Trial] | None:
    """As `read_trials`; None where the study is not there.

    Raises:
        UserMistake: the storage cannot be read.
    """
    path = sqlite_path(storage_url)
    if path is None:
        from sweeps.search.study import SweepStudy

        study = SweepStudy.find(storage_url, name)
        return study.trials() if study else None
    if not path.is_file() or not path.stat().st_size:
        return None
    if not _query(path, "select 1 from studies where study_name = ?", name):
        return None
    return _read_file(path, name)


def read_attrs(storage_url: str, name: str) -> dict[str, Any]:
    """What a study says of itself (format, the spec's hash); empty where it is not there yet.

    Raises:
        UserMistake: the storage cannot be read.
    """
    path = sqlite_path(storage_url)
    if path is None:
        from sweeps.search.study import SweepStudy

        study = SweepStudy.find(storage_url, name)
        return study.attrs() if study else {}
    if not path.is_file() or not path.stat().st_size:
        return {}
    rows = _query(
        path,
        "select a.key, a.value_json from study_user_attributes a"
        " join studies s on s.study_id = a.study_id where s.study_name = ?",
        name,
    )
    return {key: _parsed(path, text) for key, text in rows}


def _read_file(path: Path, name: str) -> list[Trial]:
    rows = _query(
        path,
        "select t.trial_id, t.state, v.value from trials t"
        " join studies s on s.study_id = t.study_id"
        " left join trial_values v on v.trial_id = t.trial_id and v.objective = 0"
        " where s.study_name = ? order by t.trial_id",
        name,
    )
    attrs: dict[int, dict[str, object]] = {row[0]: {} for row in rows}
    for trial_id, key, text in _query(
        path,
        "select a.trial_id, a.key, a.value_json from trial_user_attributes a"
        " join trials t on t.trial_id = a.trial_id join studies s on s.study_id = t.study_id"
        " where s.study_name = ?",
        name,
    ):
        # A trial added between the two queries is left to the next reading.
        attrs.get(trial_id, {})[key] = _parsed(path, text)
    return in_order(
        trial_of(str(path), state, value, attrs[trial_id]) for trial_id, state, value in rows
    )


def _parsed(path: Path, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise UserMistake(damaged(str(path))) from None


def _query(path: Path, sql: str, name: str) -> list[tuple[Any, ...]]:
    """Run one query on a connection that cannot write.

    A driver killed while it wrote leaves a journal that has to be rolled back first, which a
    read-only connection may not do; only then is the file opened for writing.
    """
    try:
        return _select(path, "ro", sql, name)
    except sqlite3.OperationalError as error:
        if _is_being_made(path):
            return []
        if error.sqlite_errorname not in ("SQLITE_READONLY_ROLLBACK", "SQLITE_CANTOPEN"):
            raise storage_mistake(str(path), error) from error
    except sqlite3.DatabaseError as error:
        raise storage_mistake(str(path), error) from error
    try:
        return _select(path, "rw", sql, name)
    except sqlite3.DatabaseError as error:
        raise storage_mistake(str(path), error) from error


def _is_being_made(path: Path) -> bool:
    """Whether a driver has begun to make the tables of a study, and has not got to the last."""
    try:
        rows = _select(path, "ro", "select name from sqlite_master where type = ?", "table")
    except sqlite3.DatabaseError:
        return False
    return {str(name) for (name,) in rows} < OPTUNA_TABLES


def _select(path: Path, mode: str, sql: str, name: str) -> list[tuple[Any, ...]]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=SECONDS_TO_WAIT)) as connection:
        return connection.execute(sql, (name,)).fetchall()
