"""The database: made once by whoever is first, migrated from an older MLflow, never mixed up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from sweeps.spec.database import sqlite_address
from sweeps.tracking.database import is_away, prepare_database
from sweeps.tracking.location import artifact_folder, quiet_environment, tracking_uri
from sweeps.tracking.reaching import reach
from xlt_core.vocabulary.errors import UserMistake


def _sql(*statements):
    def fill(path):
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)

    return fill


FOREIGN = [
    ("a text", lambda path: path.write_text("hello"), "no database of MLflow"),
    ("random bytes", lambda path: path.write_bytes(bytes(range(256)) * 32), "no database"),
    ("another program's", _sql("create table runs(id int)"), "is another program"),
    (
        "Optuna's",
        _sql(
            "create table alembic_version(version_num text)",
            "create table trials(id int)",
            "insert into alembic_version values ('v3.2.0.a')",
        ),
        "of another program",
    ),
]


class TestPrepare:
    def test_two_at_once_on_nothing(self, tmp_path):
        """Two drivers that start together make one database and one experiment."""
        uri = f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}"
        code = "import sys; from sweeps.tracking.database import *; prepare_database(sys.argv[1])"
        both = [
            subprocess.Popen([sys.executable, "-c", code, uri], env=quiet_environment())
            for _ in range(2)
        ]
        assert [each.wait() for each in both] == [0, 0]
        with sqlite3.connect(tmp_path / "runs" / "mlflow.db") as connection:
            rows = connection.execute("select name, artifact_location from experiments").fetchall()
        assert rows.count(("xlt", (tmp_path / "runs" / "mlartifacts").as_uri())) == 1

    def test_again_is_the_same_experiment(self, uri):
        assert prepare_database(uri) == prepare_database(uri)

    def test_an_older_database_is_copied_and_migrated(self, tmp_path):
        """A database that an older MLflow made is brought up to date; the old one is kept."""
        path = tmp_path / "mlflow.db"
        _older(f"sqlite:///{path}")
        prepare_database(f"sqlite:///{path}")
        with sqlite3.connect(tmp_path / "mlflow.db.before-upgrade") as connection:
            assert connection.execute("select count(*) from experiments").fetchone() == (0,)
        prepare_database(f"sqlite:///{path}")
        assert len(list(tmp_path.glob("*.before-upgrade*"))) == 1

    @pytest.mark.fault
    @pytest.mark.parametrize("before", ["nothing", "an empty file", "an older database"])
    def test_killed_on_the_way(self, tmp_path, before):
        """MLflow cannot go on with a database that is half made, or half migrated."""
        path = tmp_path / "mlflow.db"
        uri = f"sqlite:///{path}"
        if before == "an empty file":
            path.touch()
        if before == "an older database":
            _older(uri)
        code = "import sys; from sweeps.tracking.database import *; prepare_database(sys.argv[1])"
        new = tmp_path / "mlflow.db.new"
        with subprocess.Popen([sys.executable, "-c", code, uri], env=quiet_environment()) as first:
            while not (new.exists() and new.stat().st_size):
                assert first.poll() is None, "it was not killed on the way"
            first.kill()
        assert prepare_database(uri) == prepare_database(uri)
        kept = ["mlflow.db.before-upgrade"] if before == "an older database" else []
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "mlflow.db",
            *kept,
            "mlflow.db.lock",
        ]

    def test_a_newer_database_is_refused(self, database):
        """What a later MLflow made cannot be read by this one; the user hears why."""
        uri = database()
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
            connection.execute("update alembic_version set version_num = 'of the future'")
        with pytest.raises(UserMistake, match="of a newer MLflow"):
            prepare_database(uri)

    @pytest.mark.parametrize("content", FOREIGN, ids=lambda content: content[0])
    def test_what_is_not_ours_is_not_touched(self, tmp_path, content):
        """MLflow would make its tables in another program's database."""
        path = tmp_path / "theirs.db"
        _, fill, said = content
        fill(path)
        before = path.read_bytes()
        with pytest.raises(UserMistake, match=said) as caught:
            prepare_database(f"sqlite:///{path}")
        assert len(str(caught.value).splitlines()) < 4
        assert path.read_bytes() == before
        with pytest.raises(UserMistake, match=said):
            reach(str(path))

    def test_a_database_without_tables_is_a_new_one(self, tmp_path):
        """As another program's `touch` or `vacuum` leaves it."""
        path = tmp_path / "empty.db"
        with sqlite3.connect(path) as connection:
            connection.execute("create table t(x)")
            connection.execute("drop table t")
        assert path.stat().st_size
        assert prepare_database(f"sqlite:///{path}")

    def test_a_damaged_database_is_said(self, database):
        """One that lacks a table cannot take records: not MLflow's thirty lines of SQL."""
        uri = database()
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
            connection.execute("drop table latest_metrics")
        with pytest.raises(UserMistake, match="lacks MLflow's tables latest_metrics"):
            prepare_database(uri)

    def test_a_deleted_experiment(self, uri):
        """It is brought back with its runs; a second one is not made."""
        from mlflow import MlflowClient

        client, made = MlflowClient(uri), prepare_database(uri)
        run = client.create_run(made).info.run_id
        client.delete_experiment(made)
        assert prepare_database(uri) == made
        assert client.get_experiment(made).lifecycle_stage == "active"
        assert client.get_run(run).info.lifecycle_stage == "active"

    def test_a_renamed_experiment(self, uri):
        """It is found by our mark, whatever people call it."""
        from mlflow import MlflowClient

        made = prepare_database(uri)
        MlflowClient(uri).rename_experiment(made, "the old ones")
        assert prepare_database(uri) == made


class TestIsAway:
    def test_a_refused_connection_is_away(self, monkeypatch):
        """No server at the port: try again later."""
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with pytest.raises(Exception, match="refused") as caught:
            prepare_database("http://127.0.0.1:9")
        assert is_away(caught.value)

    def test_a_refused_value_is_not(self, uri):
        """What MLflow does not take now it will not take later."""
        from mlflow import MlflowClient

        with pytest.raises(Exception, match="Invalid value") as caught:
            MlflowClient(uri).create_experiment("x", tags={"bad%key": "1"})
        assert not is_away(caught.value)

    def test_a_full_disk_is_and_a_bug_is_not(self):
        assert is_away(OSError("No space left on device"))
        assert not is_away(TypeError("a bug"))


class TestLocation:
    @pytest.mark.parametrize("text", ["http://host:5000", "https://host", "postgresql://u@h/db"])
    def test_addresses_stay(self, text):
        assert tracking_uri(text) == text
        assert artifact_folder(text) is None

    def test_paths_become_addresses(self, tmp_path, monkeypatch):
        """Relative to where the driver was started, wherever the tracking process is."""
        monkeypatch.chdir(tmp_path)
        expected = f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}"
        for text in ("", "runs/mlflow.db", "sqlite:///runs/mlflow.db", expected):
            assert tracking_uri(text) == expected

    @pytest.mark.parametrize("text", ["file:mlruns", "."])
    def test_folders_are_refused(self, text):
        """MLflow keeps runs in databases."""
        with pytest.raises(UserMistake, match="name a database file"):
            tracking_uri(text)


def _older(uri):
    """Make the tables as they were one migration ago."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import (
        InitialBase,
        _get_alembic_config,
        create_sqlalchemy_engine,
    )

    engine = create_sqlalchemy_engine(uri)
    InitialBase.metadata.create_all(engine)
    config = _get_alembic_config(uri)
    scripts = ScriptDirectory.from_config(config)
    before = scripts.get_revision(scripts.get_current_head()).down_revision
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, before)
    engine.dispose()


ODD = ["a :b", 'it\'s "x"', "q?m'a\"r k%20#ü[x]$(id)", ":name", "50% %s {0}"]


@pytest.mark.parametrize("name", ODD)
def test_a_folder_may_have_any_name(tmp_path, monkeypatch, name):
    """Also the one that is worked in, which MLflow writes down for an experiment of its own."""
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    uri = sqlite_address(tmp_path / name / "mlflow.db")
    assert prepare_database(uri) == prepare_database(uri)
    assert sorted(one.name for one in (tmp_path / name).iterdir()) == [
        "mlflow.db",
        "mlflow.db.lock",
    ]


def test_a_deleted_databases_journal_is_none_of_the_new_ones(tmp_path):
    """Whoever wrote was killed, then the file was deleted: SQLite would roll the old pages into
    the new file."""
    path = tmp_path / "mlflow.db"
    prepare_database(f"sqlite:///{path}")
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('pragma cache_size=5');"
        "c.execute('create table big (t)'); c.commit();"
        "c.executemany('insert into big values (?)', [('x' * 900,)] * 5000);"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert (tmp_path / "mlflow.db-journal").stat().st_size
    path.unlink()
    prepare_database(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("select count(*) from experiments").fetchone() != (0,)
