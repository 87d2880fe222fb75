"""Databases and servers of one's own, pictures of what is in them, and records to put there."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sweeps.results.rows import ScoreRow
from sweeps.tracking.project import stage_record, sweep_record, trial_record
from sweeps.tracking.records import RunRecord
from tests.sweeps.mlflow_server import Server

START = 1_700_000_000.0
KEYS = [f"{n:064x}" for n in range(100)]
TABLES = {
    "runs": "name, status, start_time, end_time, lifecycle_stage, run_uuid",
    "params": "key, value, run_uuid",
    "tags": "key, value, run_uuid",
    "metrics": "key, value, timestamp, step, is_nan, run_uuid",
    "latest_metrics": "key, value, timestamp, step, is_nan, run_uuid",
}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with MLflow's tables and nothing in them."""
    from sweeps.tracking.database import prepare_database

    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    prepare_database(f"sqlite:///{path}", "another project")
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Callable[..., str]:
    """Makes the address of a database of one's own."""

    def make(name: str = "mlflow") -> str:
        path = tmp_path / name / "mlflow.db"
        path.parent.mkdir(parents=True)
        shutil.copy(empty_database, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def uri(database: Callable[..., str]) -> str:
    """The address of an empty database."""
    return database()


@pytest.fixture(scope="session")
def content() -> Callable[[str], dict[str, list[tuple[Any, ...]]]]:
    """Reads every row of a database that tells of runs."""

    def read(uri: str) -> dict[str, list[tuple[Any, ...]]]:
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
            return {
                table: sorted(connection.execute(f"select {columns} from {table}"), key=repr)
                for table, columns in TABLES.items()
            }

    return read


@pytest.fixture(scope="session")
def picture(content: Any) -> Callable[[str], dict[str, Any]]:
    """What the runs say, whatever their ids: by name of the tag they are found by."""

    def read(uri: str) -> dict[str, Any]:
        rows = content(uri)
        tags: dict[str, dict[str, str]] = {}
        for key, value, run in rows["tags"]:
            tags.setdefault(run, {})[key] = value
        own = {run: found[f"xlt.{found['xlt.level']}"] for run, found in tags.items()}
        runs: dict[str, Any] = {}
        for *info, run in rows["runs"]:
            assert own[run] not in runs, "doubled"
            said = {k: own.get(v, v) for k, v in tags[run].items()}
            runs[own[run]] = {"info": tuple(info), "tags": said}
        for table in ("params", "metrics", "latest_metrics"):
            for *row, run in rows[table]:
                runs[own[run]].setdefault(table, []).append(tuple(row))
        return runs

    return read


@pytest.fixture
def server(tmp_path: Path, database: Callable[..., str]) -> Iterator[Server]:
    """A server, not yet started."""
    made = Server(tmp_path, database("server"))
    yield made
    made.kill()


@pytest.fixture(scope="session")
def a_sweep() -> Callable[..., RunRecord]:
    """Makes the record of the sweep `order`, under way or ended."""

    def make(state: str = "finished", **more: Any) -> RunRecord:
        spec = {"encoder": "lab-small", "search": {"method": "tpe", "trials": 3}, "seeds": [0, 1]}
        counts = {"trials/finished": 3, "stages/distinct": 7}
        texts = {"spec.yaml": "name: order\n"}
        return sweep_record(
            *("order", spec, state, START, START + 900),
            **{"counts": counts, "artifacts": texts, "code": {"git": "abc"}, **more},
        )

    return make


@pytest.fixture(scope="session")
def a_trial() -> Callable[..., RunRecord]:
    """Makes the record of a trial of `order` with two seeds, three languages, one target."""

    def make(number: int = 1, state: str = "complete", **more: Any) -> RunRecord:
        families = {"en": "Indo-European", "sw": "Atlantic-Congo", "zh": "Sino-Tibetan"}
        scores = [
            ScoreRow(
                *(1, "mnli", "xnli", language, family, seed, split, "accuracy"),
                *(50.0 + seed, 1.0 + seed),
            )
            for language, family in families.items()
            for seed in (0, 1)
            for split in ("dev", "test")
        ]
        given = {
            "plan": "mnli > qqp+squad",
            "settings": {"recipe.train.learning_rate": 3e-5},
            "objective": 50.5,
            "scores": scores,
            "stage_keys": KEYS[:4],
            "started": START + number,
            "ended": START + 100 + number,
        }
        return trial_record("order", number, state=state, **{**given, **more})

    return make


@pytest.fixture(scope="session")
def a_stage() -> Callable[..., RunRecord]:
    """Makes the record of a trained stage of `order` with a curve."""

    def make(
        number: int = 1, points: int = 20, finished: bool = True, trial: int | None = 1
    ) -> RunRecord:
        started = START + 10 * number
        recipe = {"steps": 200, "learning_rate": 2e-5}
        about = {
            "kind": "train",
            "key": KEYS[number],
            "title": f"mnli #{number}",
            "identity": {
                "seed": 0,
                "position": "0",
                "data": [["mnli", "en", "f"]],
            },
            "recipe": recipe,
            "started": started,
            "finished": started + 60 if finished else None,
            "steps": 200,
            "tokens_per_second": 1234.5,
            "executor": {"sweep": "order", "trial": trial},
            "worker": {"host": "w1", "threads": 1},
        }
        curve = [
            {
                "step": n * 10,
                "loss": 1 / (n + 1),
                "learning_rate": 1e-5,
                "at": started + n,
                "processor": 99.0,
                "memory": 500.0,
            }
            for n in range(points)
        ]
        score = {"task": "xnli", "language": "sw", "split": "dev", "metrics": {"accuracy": 41.5}}
        return stage_record("order", about, curve, [score] if finished else [])

    return make
