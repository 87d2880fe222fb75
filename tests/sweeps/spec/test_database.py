"""SQLite addresses: any path there and back, read by SQLAlchemy as by us."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from sweeps.spec.addresses import database, location
from sweeps.spec.database import absolute, sqlite_address, sqlite_path, with_driver
from sweeps.spec.paths import SweepFolder
from tests.odd_names import ODD
from xlt_core.vocabulary.errors import UserMistake


@pytest.mark.parametrize("name", ODD)
class TestAnyName:
    def test_there_and_back(self, name):
        """Ours and SQLAlchemy's reading are the same file."""
        path = Path("/data") / name / f"{name}.db"
        address = sqlite_address(path)
        assert sqlite_path(address) == path
        assert make_url(address).database == str(path)
        assert absolute(address) == address

    def test_options_stay(self, name):
        """They are no part of the path."""
        path = Path("/data") / name / "study.db"
        address = sqlite_address(path, "?timeout=5")
        assert sqlite_path(address) == path
        assert dict(make_url(absolute(address)).query) == {"timeout": "5"}

    def test_what_a_sweep_uses_by_default(self, name, tmp_path, monkeypatch):
        """Study and tracking lie in the folder, whatever it is called."""
        monkeypatch.chdir(tmp_path)
        folder = SweepFolder(tmp_path / name / "sweep")
        assert sqlite_path(folder.default_storage) == folder.study
        assert sqlite_path(folder.default_tracking) == folder.runs.absolute() / "mlflow.db"

    def test_a_path_in_a_spec(self, name, tmp_path, monkeypatch):
        """A path is taken as it stands, relative to where one is."""
        monkeypatch.chdir(tmp_path)
        text = f"runs/{name}/study.db"
        assert sqlite_path(database(text)) == tmp_path / text
        assert location(text) == str(tmp_path / text)

    def test_in_the_folder_itself(self, name, tmp_path, monkeypatch):
        """A relative address in a folder of that name."""
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert sqlite_path(absolute("sqlite:///study.db")) == tmp_path / name / "study.db"


@pytest.mark.parametrize(
    "address", ["postgresql://me@host/db", "mysql://host/db?x=1", "http://host:5000", "s3://b/x"]
)
def test_other_addresses_stay(address):
    """They name no file here."""
    assert sqlite_path(address) is None
    assert absolute(address) == address == location(address)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:x"])
def test_a_study_in_memory_is_refused(address):
    """It could not be gone on with."""
    with pytest.raises(UserMistake, match="names no file"):
        absolute(address)


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgresql://host/name", "postgresql+psycopg2"),
        ("postgres://me:secret@host/name", "postgresql+psycopg2"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg"),
        ("mysql://host/name", "mysql"),
        ("sqlite:////a/postgresql://b", "sqlite"),
    ],
)
def test_postgresql_without_a_driver_takes_the_one_that_comes_with_xlt(address, driver):
    """Study and tracking alike; SQLAlchemy's own default is another."""
    assert make_url(with_driver(address)).drivername == driver
