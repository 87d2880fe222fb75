"""The study: what a row holds, what it survives, and what its mistakes say."""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sweeps.search.candidates import Candidates
from sweeps.search.connection import without_password
from sweeps.search.proposal import Proposal
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.study_reader import read_attrs, read_trials
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Intermediate, Range
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan, Step

FREEZE = "recipe.train.freeze"
STEPS = tuple(map(Step.parse, ("mnli", "qqp+squad", "panx[ru]")))
CANDIDATES = Candidates(
    PlanSpace.of(Intermediate(STEPS, (0, 1, 2))),
    SettingsSpace(
        {
            FREEZE: Range("choice", choices=((), ("embeddings",))),
            "recipe.train.learning_rate": Range("log", 1e-5, 5e-5),
        }
    ),
)


def proposal(number: int, text: str = "mnli > qqp+squad") -> Proposal:
    settings = {FREEZE: ("embeddings",), "recipe.train.learning_rate": 1.1e-5 + number / 1e7}
    return Proposal(number, Plan.parse(text), settings)


class TestRows:
    def test_a_proposal_comes_back(self, storage: str, name: str) -> None:
        """Number, plan and settings are those inserted, in this study and in one opened anew."""
        study = SweepStudy.open(storage, name)
        inserted = [proposal(0, "(none)"), proposal(1), proposal(2, "panx[ru]")]
        for one in inserted:
            study.insert(one, CANDIDATES)
        for reader in (study, SweepStudy.open(storage, name)):
            trials = reader.trials(CANDIDATES)
            assert [trial.proposal for trial in trials] == inserted
            assert [dict(trial.settings) for trial in trials] == [
                dict(p.settings) for p in inserted
            ]
            assert {trial.state for trial in trials} == {"running"}

    def test_both_readers_agree(self, storage: str, name: str) -> None:
        """What is read without Optuna is what is read with it."""
        study = SweepStudy.open(storage, name)
        for number in range(3):
            study.insert(proposal(number), CANDIDATES)
        study.tell(0, TrialResult(61.25, scores={"xnli": 61.25}))
        study.tell(1, TrialResult(None, "NonFiniteLoss: at step 12"))
        found = read_trials(storage, name)
        assert found == study.trials()
        assert [dict(trial.attrs) for trial in found] == [dict(t.attrs) for t in study.trials()]
        assert [(trial.state, trial.value, trial.error) for trial in found] == [
            ("finished", 61.25, ""),
            ("failed", None, "NonFiniteLoss: at step 12"),
            ("running", None, ""),
        ]

    def test_a_result_is_told_once(self, storage: str, name: str) -> None:
        """The first result stands, whoever tells another, and the error of a failed one too."""
        study = SweepStudy.open(storage, name)
        study.insert(proposal(0), CANDIDATES)
        study.insert(proposal(1), CANDIDATES)
        assert study.tell(0, TrialResult(1.5))
        assert study.tell(1, TrialResult(None, "first"))
        again = SweepStudy.open(storage, name)
        assert not again.tell(0, TrialResult(99.0))
        assert not again.tell(0, TrialResult(None, "lost"))
        assert not again.tell(1, TrialResult(3.0))
        assert not again.tell(1, TrialResult(None, "second"))
        assert [(t.value, t.error) for t in again.trials()] == [(1.5, ""), (None, "first")]

    def test_one_is_read_while_another_is_written(self, storage: str, name: str) -> None:
        """A reader in another thread, as the bookkeeper is, takes nothing from the writer."""
        for number in range(8):
            study, barrier = SweepStudy.open(storage, name), threading.Barrier(2)

            def read(study: SweepStudy = study, barrier: threading.Barrier = barrier) -> Any:
                barrier.wait()
                return study.trial(0)

            with ThreadPoolExecutor(1) as pool:
                seen = pool.submit(read)
                barrier.wait()
                study.insert(proposal(number), CANDIDATES)
                assert study.tell(number, TrialResult(float(number)))
                found = seen.result()
            told = study.trial(number)
            assert (told.state, told.value) == ("finished", number)
            assert number == 0 or found.number == 0
        assert SweepStudy.open(storage, name).trial(99) is None

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_a_value_that_is_no_number_has_failed(
        self, storage: str, name: str, value: float
    ) -> None:
        """A trial whose objective is not finite fails, and says so."""
        study = SweepStudy.open(storage, name)
        study.insert(proposal(0), CANDIDATES)
        study.tell(0, TrialResult(value))
        assert study.trials()[0].error == f"the objective is {value}"

    def test_a_number_is_taken_once(self, storage: str, name: str) -> None:
        """Two trials never share a number; a trial that is not there cannot be told."""
        study = SweepStudy.open(storage, name)
        study.insert(proposal(0), CANDIDATES)
        with pytest.raises(ValueError, match="trial 0"):
            SweepStudy.open(storage, name).insert(proposal(0), CANDIDATES)
        with pytest.raises(KeyError):
            study.tell(5, TrialResult(1.0))

    def test_a_failed_trial_may_be_told_once_more(self, storage: str, name: str) -> None:
        """Reopened, it keeps its number, plan and settings, loses its error, and is told once."""
        study = SweepStudy.open(storage, name)
        for number, value in enumerate((None, 2.0)):
            study.insert(proposal(number), CANDIDATES)
            study.tell(number, TrialResult(value, "lost"))
        before = study.trials(CANDIDATES)
        for number in (0, 1):
            study.reopen(number)
        for reader in (study, SweepStudy.open(storage, name)):
            first, second = reader.trials(CANDIDATES)
            assert (first.state, first.error, first.value) == ("running", "", None)
            assert first.proposal == before[0].proposal
            assert second == before[1], "a result is never taken back"
        assert study.tell(0, TrialResult(5.0))
        assert not study.tell(0, TrialResult(6.0))
        first = study.trials(CANDIDATES)[0]
        assert (first.number, first.state, first.value) == (0, "finished", 5.0)
        assert read_trials(storage, name) == study.trials()

    def test_reopened_and_failed_again(self, storage: str, name: str) -> None:
        """The error is the last one's."""
        study = SweepStudy.open(storage, name)
        study.insert(proposal(0), CANDIDATES)
        for error in ("first", "second"):
            study.tell(0, TrialResult(None, error))
            assert study.trials()[0].error == error
            study.reopen(0)

    def test_a_space_may_grow(self, storage: str, name: str) -> None:
        """With more tasks and choices, earlier rows stay and later ones are written beside them."""
        SweepStudy.open(storage, name).insert(proposal(0), CANDIDATES)
        grown = Candidates(
            PlanSpace.of(Intermediate((Step.parse("copa"), *STEPS), (0, 1, 2, 3))),
            CANDIDATES.settings,
        )
        study = SweepStudy.open(storage, name)
        added = [proposal(1, "copa > mnli > panx[ru]"), proposal(2, "copa")]
        for one in added:
            study.insert(one, grown)
        assert [t.proposal for t in study.trials(grown)] == [proposal(0), *added]

    def test_studies_share_a_storage(self, storage: str, name: str) -> None:
        """Two sweeps in one database do not see each other."""
        one, other = SweepStudy.open(storage, name), SweepStudy.open(storage, f"{name}-other")
        one.insert(proposal(0), CANDIDATES)
        one.set_attr("spec", "abc")
        assert other.trials() == read_trials(storage, other.name) == []
        assert read_attrs(storage, name) == one.attrs() == {"format": 1, "spec": "abc"}
        assert read_attrs(storage, other.name) == {"format": 1}


class TestReading:
    def test_needs_no_optuna(self, tmp_path: Path) -> None:
        """Reading an SQLite study imports neither Optuna nor SQLAlchemy."""
        url = f"sqlite:///{tmp_path / 'study.db'}"
        SweepStudy.open(url, "s").insert(proposal(0), CANDIDATES)
        program = (
            "import sys; from sweeps.search.study_reader import read_attrs, read_trials;"
            f"print(len(read_trials({url!r}, 's')), read_attrs({url!r}, 's')['format']);"
            "assert not {'optuna', 'sqlalchemy', 'ray', 'torch'} & sys.modules.keys()"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert done.stdout.split() == ["1", "1"], done.stderr

    def test_nothing_there_yet(self, tmp_path: Path) -> None:
        """A sweep that never ran has no trials, and asking creates no file."""
        url = f"sqlite:///{tmp_path / 'study.db'}"
        assert read_trials(url, "s") == []
        assert read_attrs(url, "s") == {}
        assert SweepStudy.find(url, "s") is None
        assert not (tmp_path / "study.db").exists()

    def test_does_not_write(self, tmp_path: Path) -> None:
        """A reader leaves the file as it is, to the byte, even where it may not write."""
        path = tmp_path / "study.db"
        SweepStudy.open(f"sqlite:///{path}", "s").insert(proposal(0), CANDIDATES)
        before = path.read_bytes()
        path.chmod(0o444)
        assert len(read_trials(f"sqlite:///{path}", "s")) == 1
        assert path.read_bytes() == before

    def test_odd_folder_names(self, tmp_path: Path) -> None:
        """Blanks, percent signs, hashes, braces and other scripts in a path are just a path."""
        path = tmp_path / "läufe {x} 50% #1" / "study.db"
        SweepStudy.open(f"sqlite:///{path}", "s").insert(proposal(0), CANDIDATES)
        assert path.is_file()
        assert len(read_trials(f"sqlite:///{path}", "s")) == 1

    def test_rolls_back_what_a_killed_driver_left(self, tmp_path: Path) -> None:
        """A journal left by a kill in the middle of a write is undone; earlier rows are there."""
        path, copy = tmp_path / "study.db", tmp_path / "killed.db"
        SweepStudy.open(f"sqlite:///{path}", "s").insert(proposal(0), CANDIDATES)
        writer = sqlite3.connect(path)
        writer.execute("pragma cache_size = 1")
        writer.execute("update trials set number = 7")
        writer.execute("create table big as select zeroblob(4000) from trial_params a, trials b")
        shutil.copy(path, copy)
        shutil.copy(f"{path}-journal", f"{copy}-journal")
        writer.close()
        assert Path(f"{copy}-journal").stat().st_size
        assert [trial.number for trial in read_trials(f"sqlite:///{copy}", "s")] == [0]


class TestBeingMade:
    @pytest.mark.parametrize("tables", [(), ("studies",), ("studies", "version_info", "trials")])
    def test_a_study_whose_tables_are_being_made_has_no_trials_yet(self, tmp_path, tables):
        """Whoever looks just then, as `xlt status` may, sees a sweep that has not begun."""
        path = tmp_path / "study.db"
        with sqlite3.connect(path) as connection:
            connection.execute("create table study_directions (n int)")
            for name in tables:
                connection.execute(f"create table {name} (n int)")
        assert read_trials(f"sqlite:///{path}", "s") == []


class TestMistakes:
    def test_a_damaged_file(self, tmp_path: Path) -> None:
        """Reader and writer say which file, and that moving it away loses no training."""
        path = tmp_path / "study.db"
        path.write_bytes(b"this is no database, but it is long enough to look like one" * 100)
        for opened in (SweepStudy.open, read_trials):
            with pytest.raises(UserMistake, match=r"study\.db: is damaged.*\n.*move it away"):
                opened(f"sqlite:///{path}", "s")

    def test_a_locked_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that another program keeps locked is named after a wait."""
        for module in ("connection", "study_reader"):
            monkeypatch.setattr(f"sweeps.search.{module}.SECONDS_TO_WAIT", 0.05)
        path = tmp_path / "study.db"
        study = SweepStudy.open(f"sqlite:///{path}", "s")
        study.insert(proposal(0), CANDIDATES)
        other = sqlite3.connect(path)
        other.execute("begin exclusive")
        with pytest.raises(UserMistake, match=r"study\.db: is locked by another program"):
            study.tell(0, TrialResult(1.0))
        with pytest.raises(UserMistake, match=r"study\.db: is locked by another program"):
            read_trials(f"sqlite:///{path}", "s")
        other.close()
        assert study.tell(0, TrialResult(1.0))

    def test_a_newer_format(self, tmp_path: Path) -> None:
        """A study of a later version is left alone."""
        url = f"sqlite:///{tmp_path / 'study.db'}"
        SweepStudy.open(url, "s").set_attr("format", 99)
        with pytest.raises(UserMistake, match="format 99"):
            SweepStudy.open(url, "s")

    @pytest.mark.parametrize(
        ("statements", "said"),
        [
            (["update alembic_version set version_num = 'v9.9.9'"], "another version.*newer one"),
            (["update alembic_version set version_num = 'v2.6.0.a'"], "older one.*\n.*upgrade"),
            (["alter table trial_values rename column value to val"], "another version of Optuna"),
            (["update trial_user_attributes set value_json = '{'"], "is damaged"),
        ],
        ids=["newer", "older", "a renamed column", "spoilt attributes"],
    )
    def test_a_schema_of_another_version(
        self, tmp_path: Path, statements: list[str], said: str
    ) -> None:
        """One screen, and the file is left as it was."""
        path = tmp_path / "study.db"
        url = f"sqlite:///{path}"
        SweepStudy.open(url, "s").insert(proposal(0), CANDIDATES)
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        before = path.read_bytes()
        with pytest.raises(UserMistake, match=said):
            SweepStudy.open(url, "s").trials()
        assert path.read_bytes() == before

    @pytest.mark.parametrize("tables", [["alembic_version", "experiments"], ["accounts"]])
    def test_another_programs_database(self, tmp_path: Path, tables: list[str]) -> None:
        """MLflow's, or anybody's: neither is written into, nor called damaged."""
        path = tmp_path / "mlflow.db"
        with sqlite3.connect(path) as connection:
            for table in tables:
                connection.execute(f"create table {table} (version_num varchar(32))")
            connection.execute(f"insert into {tables[0]} values ('abc')")
        before = path.read_bytes()
        for opened in (SweepStudy.open, SweepStudy.find, read_trials, read_attrs):
            with pytest.raises(UserMistake, match="another program's database"):
                opened(f"sqlite:///{path}", "s")
        assert path.read_bytes() == before

    def test_a_postgresql_database_of_another_program(self, postgresql: str) -> None:
        """Its version table has room for one program's version only."""
        import sqlalchemy

        engine = sqlalchemy.create_engine(postgresql.replace("postgresql", "postgresql+psycopg2"))
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sqlalchemy.text("create database tracked"))
        url = f"{postgresql.rpartition('/')[0]}/tracked"
        tracked = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg2"))
        with tracked.begin() as connection:
            connection.execute(sqlalchemy.text("create table alembic_version (version_num text)"))
        with pytest.raises(UserMistake, match="another program's database"):
            SweepStudy.open(url, "s")
        engine.dispose()
        tracked.dispose()

    def test_a_read_only_file(self, tmp_path: Path) -> None:
        """It can be looked at; a driver is told why it cannot write."""
        path = tmp_path / "study.db"
        url = f"sqlite:///{path}"
        study = SweepStudy.open(url, "s")
        study.insert(proposal(0), CANDIDATES)
        study.close()
        path.chmod(0o444)
        tmp_path.chmod(0o555)
        program = (
            "import os, sys; from sweeps.search.study import SweepStudy;"
            "from sweeps.search.study_reader import read_trials;"
            # As root nothing is read-only; whatever is imported late is imported before.
            f"SweepStudy.open('sqlite:///{tmp_path.parent}/own.db', 's').lease().__enter__();"
            "os.geteuid() or os.seteuid(65534);"
            f"assert len(read_trials({url!r}, 's')) == 1;"
            f"study = SweepStudy.open({url!r}, 's'); study.lease().__enter__()"
        )
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(folder.stat().st_mode | 0o055)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        tmp_path.chmod(0o755)
        assert "UserMistake" in done.stderr and "cannot be opened" in done.stderr, done.stderr

    def test_an_unreachable_server(self) -> None:
        """The URL is shown without its password, with what to check."""
        with pytest.raises(UserMistake, match="cannot be reached") as caught:
            SweepStudy.open("postgresql://me:hunter2@127.0.0.1:1/xlt", "s")
        assert "me:***@127.0.0.1:1/xlt" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_a_wrong_database(self, postgresql: str) -> None:
        """A server that answers, but has no such database."""
        with pytest.raises(UserMistake, match="does not exist"):
            SweepStudy.open(f"{postgresql}_not_there", "s")

    def test_passwords_are_not_shown(self) -> None:
        """Only the password goes."""
        assert without_password("postgresql://me:a:b@host/db") == "postgresql://me:***@host/db"
        assert without_password("postgresql://me@host/db") == "postgresql://me@host/db"
