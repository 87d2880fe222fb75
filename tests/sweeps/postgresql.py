"""A real PostgreSQL server for tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SEALED = "sealed"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _ready(port: int, server: subprocess.Popen[bytes], binaries: Path) -> bool:
    """Ask until the server answers; give up when it has died."""
    for _ in range(600):
        if server.poll() is not None:
            return False
        asked = subprocess.run(
            [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return True
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    return False


@contextmanager
def serving() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, on a free port, gone afterwards.

    Its user `xlt` needs no password; `SEALED`, who is yet to be made, does.
    """
    pytest.importorskip("psycopg2", reason="needs psycopg2, the driver for PostgreSQL")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("needs PostgreSQL's server programs (initdb, postgres)")
    # The server refuses to run as root.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    as_user = {"user": user.pw_uid, "group": user.pw_gid} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = folder / "data", _free_port()
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "xlt", "-A", "trust", "-N", "-E", "UTF8"],
        capture_output=True,
        check=False,
        cwd=folder,
        **as_user,
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"initdb failed: {made.stderr.decode()[-300:]}")
    access = data / "pg_hba.conf"
    access.write_text(f"host all {SEALED} all scram-sha-256\n{access.read_text()}")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-F"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_user,
    )
    try:
        if not _ready(port, server, binaries):
            pytest.skip("the PostgreSQL server did not start")
        yield f"postgresql://xlt@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown: open connections do not hold it up
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
