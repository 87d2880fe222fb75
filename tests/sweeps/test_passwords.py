"""No password of a store, folder, study or tracking server is kept or shown, wherever one looks.

Titles of processes are looked at all the while, files and rows of databases at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.flaky import Flaky
from tests.sweeps.canaries import CANARY, files_with, rows_with, titles_with
from tests.sweeps.mlflow_server import Server
from tests.sweeps.postgresql import SEALED

XLT = Path(sys.executable).parent / "xlt"
PLACE = f"{CANARY}-place"  # of the store and of the folder of sweeps
SPEC = """\
name: sealed
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en]
seeds: 1
recipe: {{train: {{steps: 3}}, target: {{steps: 3}}}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
store: {store}
storage: {storage}
tracking: {tracking}
"""


class Home:
    """A folder to run in, all that commands said there, and whose titles held a canary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.titles: set[str] = set()
        self.place = f"locked://me:{PLACE}@host{path}"
        (path / "t").mkdir()
        (path / "password").write_text(PLACE)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("XLT_")
        } | {
            "TMPDIR": str(path / "t"),
            "RAY_TMPDIR": str(path / "t"),
            "XLT_PLUGINS": "tests.sweeps.locked_place",
            "XLT_RUNS": f"{self.place}/runs",
            "LOCKED_PLACE": str(path / "password"),
        }

    def xlt(self, *words: str, **more: str) -> tuple[int, str]:
        """Run a command, with `more` in the environment; watch every process while it runs."""
        driver = subprocess.Popen(
            [XLT, *words],
            cwd=self.path,
            env=self.environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = None
        while said is None:
            self.titles |= titles_with(CANARY)
            with suppress(subprocess.TimeoutExpired):
                said = driver.communicate(timeout=0.3)[0]
        self.said.append(said)
        return driver.returncode, said

    def does(self, *words: str, **more: str) -> str:
        """What a command said that ended well."""
        code, said = self.xlt(*words, **more)
        assert code == 0, (words, said)
        return said

    def refuses(self, *words: str, **more: str) -> str:
        """What a command said that found a mistake of the user's, on one screen."""
        code, said = self.xlt(*words, **more)
        assert code == 2 and len(said.splitlines()) < 25, (words, said)
        return said

    def spec(self, storage: str, tracking: str) -> str:
        """The user's own spec, with passwords in it."""
        text = SPEC.format(storage=storage, tracking=tracking, store=f"{self.place}/stages")
        (self.path / "sealed.yaml").write_text(text)
        return "sealed.yaml"


def let_in(url: str, password: str) -> str:
    """Make a user who needs a password, or change it; the server's URL for them."""
    import psycopg2

    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", (SEALED,))
        verb = "alter" if cursor.fetchone() else "create"
        cursor.execute(f"{verb} role {SEALED} superuser login password %s", (password,))
    parts = urlsplit(url)
    return f"postgresql://{SEALED}:{password}@127.0.0.1:{parts.port}{parts.path}"


@pytest.fixture
def home() -> Iterator[Home]:
    """Not in pytest's folder: Ray's sockets need a short path."""
    path = Path(tempfile.mkdtemp(prefix="xlt", dir="/tmp"))
    yield Home(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Flaky]:
    """MLflow behind a gate."""
    made = Server(tmp_path, f"sqlite:///{tmp_path / 'mlflow.db'}")
    made.start()
    with Flaky(made.uri) as gate:
        yield gate
    made.kill()


def test_a_sweep_keeps_none(home: Home, server: Flaky, postgresql: str, tmp_path: Path) -> None:
    """Run with passwords in the spec, gone on with by the environment, with a new one, refused."""
    first, second = f"{CANARY}-one", f"{CANARY}-two"
    tracking = server.url.replace("http://", f"http://me:{CANARY}-web@")
    spec = home.spec(let_in(postgresql, first), tracking)
    home.does("run", spec)

    said = home.refuses("resume", "sealed")
    assert all(f"XLT_{which}_PASSWORD" in said for which in ("STORE", "STORAGE", "TRACKING")), said
    lent = {
        "XLT_STORE_PASSWORD": PLACE,
        "XLT_STORAGE_PASSWORD": first,
        "XLT_TRACKING_PASSWORD": f"{CANARY}-web",
    }
    for name in ("XLT_STORE_PASSWORD", "XLT_STORAGE_PASSWORD"):
        home.refuses("resume", "sealed", **lent | {name: f"{CANARY}-no"})
    server.instead = (401, "who are you?")
    home.refuses("sync", "sealed", **lent)
    server.instead = None

    home.does("sync", "sealed", **lent)
    home.does("export", "sealed", "--best", "--to", "model", "--register", "sealed", **lent)
    assert server.url.removeprefix("http://") in home.does("ui", "sealed", "--print", **lent)
    assert "finished" in home.does("logs", "sealed", **lent)
    home.does("status", **lent)

    # A new password is the same sweep.
    home.does("run", home.spec(let_in(postgresql, second), tracking))

    assert all(CANARY not in said for said in home.said)
    assert not home.titles
    shown = {Path(path).name for path in files_with(CANARY, home.path, tmp_path)}
    assert shown == {"sealed.yaml", "password"}  # the user's own
    assert not rows_with(postgresql, CANARY)
    kept = (home.path / "runs" / "sealed" / "spec.yaml").read_text()
    assert "me:${XLT_STORE_PASSWORD}@" in kept
    assert f"{SEALED}:${{XLT_STORAGE_PASSWORD}}@" in kept
    assert "me:${XLT_TRACKING_PASSWORD}@" in kept
