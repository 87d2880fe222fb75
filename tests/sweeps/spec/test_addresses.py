"""Addresses of databases and stores: folders of any name, there and back; no password kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from sweeps.search.study import SweepStudy
from sweeps.spec.addresses import database, without_passwords
from sweeps.spec.database import sqlite_address, sqlite_path
from xlt_core.store.place import normal_url
from xlt_core.vocabulary.address import bare, disarmed, filled, starred, variables
from xlt_core.vocabulary.errors import UserMistake

NAMES = [
    "q?mark", "a#b", "100%25", "%41", "with space", "it's", 'say "so"', "new\nline", "-dash",
    "äöü", "e\u0301", "back\\slash", "{brace}", "a&b=c", "semi;colon", "trailing.", "x@y:z",
]  # fmt: skip
CANARY = "Kanarien:v/ögel@23?#%"


class TestFoldersOfAnyName:
    @pytest.mark.parametrize("name", NAMES)
    def test_a_database_file_is_where_its_folder_is(self, tmp_path: Path, name: str) -> None:
        """SQLAlchemy, which Optuna and MLflow ask, opens the very file, and nothing beside it."""
        folder = tmp_path / name
        folder.mkdir()
        address = sqlite_address(folder / "some.db")
        assert sqlite_path(address) == folder / "some.db"
        with create_engine(address).connect() as connection:
            connection.exec_driver_sql("create table here (n int)")
        assert [path.name for path in tmp_path.iterdir()] == [name]
        with sqlite3.connect(folder / "some.db") as opened:
            assert opened.execute("select name from sqlite_master").fetchall() == [("here",)]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_study_lies_in_it(self, tmp_path: Path, name: str) -> None:
        """Optuna takes braces and percents of an address for its own otherwise."""
        (tmp_path / name).mkdir()
        address = sqlite_address(tmp_path / name / "study.db")
        SweepStudy.open(address, "s")
        assert SweepStudy.find(address, "s") is not None
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert "study.db" in [path.name for path in (tmp_path / name).iterdir()]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_store_lies_in_it(self, tmp_path: Path, name: str) -> None:
        """As a path and as a `file:` address alike."""
        folder = tmp_path / name
        assert normal_url(str(folder)) == str(folder).strip()
        assert normal_url(folder.as_uri()) == str(folder)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_path_written_for_a_database_is_one(self, tmp_path: Path, name: str) -> None:
        """What a user writes as a path is taken as it stands."""
        assert sqlite_path(database(str(tmp_path / name / "x.db"))) == tmp_path / name / "x.db"

    def test_what_keeps_nothing_is_refused(self) -> None:
        """A study in memory could not be gone on with."""
        for address in ("sqlite://", "sqlite:///:memory:"):
            with pytest.raises(UserMistake, match="names no file"):
                database(address)


class TestPasswords:
    @pytest.mark.parametrize(
        "scheme", ["postgresql", "postgresql+psycopg2", "mysql", "https", "http", "sftp"]
    )
    def test_what_is_kept_names_a_variable(
        self, scheme: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing of the password stays; filled, it is the password again."""
        address = str(
            make_url(f"{scheme}://me@host/db").set(password=CANARY).render_as_string(False)
        )
        kept, values = disarmed(address, "storage")
        assert list(values.values()) == [CANARY]
        assert variables(kept) == ("XLT_STORAGE_PASSWORD",)
        assert "Kanarien" not in kept
        monkeypatch.setenv("XLT_STORAGE_PASSWORD", CANARY)
        assert make_url(filled(kept)).password == CANARY

    @given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1))
    def test_no_password_is_shown(self, password: str) -> None:
        """In an address or in the middle of another program's error."""
        address = make_url("postgresql://me@host/db").set(password=password).render_as_string(False)
        secret = address.removeprefix("postgresql://me:").removesuffix("@host/db")
        assert starred(f"no way to {address} today") == (
            "no way to postgresql://me:***@host/db today"
        )
        assert bare(address) == "postgresql://me@host/db"
        assert f":{secret}@" not in disarmed(address, "storage")[0]

    @pytest.mark.parametrize("name", ["password", "sslpassword", "api_key", "token", "PWD"])
    def test_secret_parameters_too(self, name: str) -> None:
        """Some services take them in the query."""
        address = f"https://host/db?{name}=canary&mode=x"
        kept, values = disarmed(address, "tracking")
        assert "canary" not in kept + bare(address) + starred(address)
        assert list(values.values()) == ["canary"]
        assert bare(address) == "https://host/db?mode=x"

    def test_an_unset_variable_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One screen says what to set."""
        monkeypatch.delenv("XLT_STORAGE_PASSWORD", raising=False)
        with pytest.raises(UserMistake, match="XLT_STORAGE_PASSWORD"):
            filled("postgresql://me:${XLT_STORAGE_PASSWORD}@host/db")

    def test_a_whole_address_may_be_a_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As clusters hand them out; its password is kept nowhere either."""
        monkeypatch.setenv("DATABASE_URL", "postgresql://me:canary@host/db")
        kept, values = without_passwords({"storage": "${DATABASE_URL}", "name": "s"})
        assert kept == {"storage": "postgresql://me:${XLT_STORAGE_PASSWORD}@host/db", "name": "s"}
        assert values == {"XLT_STORAGE_PASSWORD": "canary"}
