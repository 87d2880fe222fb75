"""A PostgreSQL server with one user, `xlt`, whose password is in a file that only we can read."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from records import Failed, Records
from servers import HERE, Server, succeeds


def url(port: int) -> str:
    """The database's address, without its password: libpq reads that from `PGPASSFILE`."""
    return f"postgresql://xlt@{HERE}:{port}/postgres"


def server(records: Records, port: int) -> Server:
    """The server, its database made where there is none yet.

    Raises:
        Failed: PostgreSQL is not installed, or its database could not be made.
    """
    programs, user = _programs(), _user()
    data = _data(records, programs, user)
    command = (str(programs / "postgres"), "-D", str(data), "-h", HERE, "-p", str(port))
    command += ("-k", "")  # no socket: the port is enough

    def answers() -> bool:
        return succeeds(str(programs / "pg_isready"), "-q", "-h", HERE, "-p", str(port))

    # SIGINT is its fast shutdown: connections do not hold it up.
    shown = f"PostgreSQL at {HERE}:{port}"
    name = user.pw_name if os.geteuid() == 0 else "-"
    return Server("postgresql", shown, command, answers, stop="SIGINT", user=name)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise Failed("PostgreSQL is not installed here: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _user() -> pwd.struct_passwd:
    """Who runs it: us, but root may not."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _data(records: Records, programs: Path, user: pwd.struct_passwd) -> Path:
    """The folder of the database, which `down` leaves, as it leaves MLflow's."""
    kept = records.places.get("postgresql")
    if kept and Path(kept, "data", "PG_VERSION").is_file():
        return Path(kept, "data")
    # Another user cannot come to what lies in root's home.
    where = "/var/tmp" if os.geteuid() == 0 else str(records.folder)
    folder = Path(tempfile.mkdtemp(prefix="xlt-postgresql-", dir=where))
    records.places["postgresql"] = str(folder)
    records.write()
    password = secrets.token_hex(24)
    given = folder / "password"
    _private(given, password)
    _private(records.folder / "pgpass", f"{HERE}:*:*:xlt:{password}\n")
    for path in (folder, given):
        os.chown(path, user.pw_uid, user.pw_gid)
    make = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "xlt", "--no-sync"]
    make += ["--pwfile", str(given), "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C"]
    output: dict[str, Any] = {"capture_output": True, "text": True, "cwd": folder}
    if os.geteuid() == 0:
        output |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    made = subprocess.run(make, check=False, **output)
    given.unlink()
    if made.returncode:
        shutil.rmtree(folder)
        raise Failed(f"PostgreSQL's database could not be made: {made.stderr.strip()[-300:]}")
    return folder / "data"


def _private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:
        file.write(text)
