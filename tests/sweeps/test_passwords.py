"""No password of a storage, a tracking server or a store is kept or shown, wherever one looks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.sweeps.mlflow_server import Server
from tests.sweeps.postgresql import SEALED

XLT = Path(sys.executable).parent / "xlt"
CANARY = "canary7c1f"
SPEC = """\
name: sealed
encoder: lab-tiny
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en]
seeds: 1
recipe: {{train: {{steps: 3}}, target: {{steps: 3}}}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
storage: {storage}
tracking: {tracking}
"""


class Home:
    """A folder to run in, all that commands said there, and whose titles held a canary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.titles: set[str] = set()
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("XLT_")
        } | {"TMPDIR": str(path / "t"), "RAY_TMPDIR": str(path / "t")}
        (path / "t").mkdir()

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
        said = ""
        while driver.poll() is None:
            self.titles |= titles_with(CANARY)
            try:
                said = driver.communicate(timeout=0.3)[0]
            except subprocess.TimeoutExpired:
                continue
        self.said.append(said)
        return driver.returncode, said

    def spec(self, storage: str, tracking: str) -> str:
        """The user's own spec, with passwords in it."""
        (self.path / "sealed.yaml").write_text(SPEC.format(storage=storage, tracking=tracking))
        return "sealed.yaml"


def titles_with(word: str) -> set[str]:
    """Command lines of this machine's processes that hold `word`."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:
            continue
        if word.encode() in title:
            found.add(title.decode(errors="replace"))
    return found


def files_with(word: str, *folders: Path) -> list[str]:
    """Files that hold `word`, the user's own spec apart."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return [
        str(path)
        for path in paths
        if path.is_file() and path.name != "sealed.yaml" and word.encode() in path.read_bytes()
    ]


def rows_with(url: str, word: str) -> list[str]:
    """Rows of a PostgreSQL database that hold `word`, as text."""
    import psycopg2

    found = []
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
        assert "studies" in tables
        for table in tables:
            cursor.execute(f'select t::text from "{table}" t')
            found += [row for (row,) in cursor.fetchall() if word in row]
    return found


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
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, f"sqlite:///{tmp_path / 'mlflow.db'}")
    made.start()
    yield made
    made.kill()


def test_a_sweep_keeps_none(home: Home, server: Server, postgresql: str, tmp_path: Path) -> None:
    """Run with passwords in the spec, gone on with by the environment, with a new one, refused."""
    first, second = f"{CANARY}-one", f"{CANARY}-two"
    tracking = server.uri.replace("http://", f"http://me:{CANARY}-web@")
    spec = home.spec(let_in(postgresql, first), tracking)

    code, said = home.xlt("run", spec)
    assert code == 0, said
    lent = {"XLT_STORAGE_PASSWORD": first, "XLT_TRACKING_PASSWORD": "anything"}

    code, said = home.xlt("resume", "sealed")
    assert code == 2
    assert "XLT_STORAGE_PASSWORD" in said and "XLT_TRACKING_PASSWORD" in said
    assert len(said.splitlines()) < 25

    code, said = home.xlt("resume", "sealed", **lent)
    assert code == 0, said
    for command in ("status", "sync"):
        code, said = home.xlt(command, "sealed", **lent)
        assert code == 0, (command, said)
    code, said = home.xlt("ui", "sealed", "--print", **lent)
    assert (code, server.uri.removeprefix("http://") in said) == (0, True)

    code, said = home.xlt("resume", "sealed", **lent | {"XLT_STORAGE_PASSWORD": f"{CANARY}-x"})
    assert code == 2
    assert "password" in said

    # A new password is the same sweep.
    spec = home.spec(let_in(postgresql, second), tracking)
    code, said = home.xlt("run", spec)
    assert code == 0, said

    assert all(CANARY not in said for said in home.said)
    assert not home.titles
    assert not files_with(CANARY, home.path, tmp_path)
    assert not rows_with(postgresql, CANARY)
    kept = (home.path / "runs" / "sealed" / "spec.yaml").read_text()
    assert f"{SEALED}:${{XLT_STORAGE_PASSWORD}}@" in kept
    assert "me:${XLT_TRACKING_PASSWORD}@" in kept
