"""Which servers a cluster has, where each listens, and the lines by which one reaches them."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import postgresql
import servers
from records import Records


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    postgres: bool
    s3: bool
    head_cpus: int
    cpus: int


def waves(records: Records, options: Options) -> Iterator[list[servers.Server]]:
    """The servers, each wave to be started when the one before answers; fills in `exports`."""
    folder = records.folder
    runs = {name for name in records.processes if records.runs(name)}

    def port(name: str, server: str = "") -> int:
        return records.port(name, taken=(server or name) in runs)

    first = [servers.mlflow(folder, port("mlflow"))]
    exports = {
        "MLFLOW_TRACKING_URI": f"http://{servers.HERE}:{records.ports['mlflow']}",
        "XLT_RUNS": str(folder / "runs"),
        "XLT_STORE": str(folder / "stages"),
        "XLT_STORAGE": f"sqlite:///{folder / 'study.db'}",
    }
    if options.s3:
        first.append(servers.s3(folder, port("s3")))
        exports |= {
            "XLT_RUNS": f"s3://{servers.BUCKET}/runs",
            "XLT_STORE": f"s3://{servers.BUCKET}/stages",
            "AWS_ENDPOINT_URL": f"http://{servers.HERE}:{records.ports['s3']}",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    if options.postgres:
        first.append(postgresql.server(records, port("postgresql")))
        exports["XLT_STORAGE"] = postgresql.url(records.ports["postgresql"])
        exports["PGPASSFILE"] = str(folder / "pgpass")
    exports |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    ray = servers.Ray(
        temporary=temporary(records),
        gcs=port("gcs", "head"),
        dashboard=port("dashboard", "head"),
        client=port("client", "head"),
        token=token(folder),
        environment=exports,
    )
    records.exports = {"RAY_ADDRESS": ray.address} | exports
    yield [*first, ray.node("head", options.head_cpus)]
    yield [ray.node(name, options.cpus) for name in servers.NODES[1:]]


def temporary(records: Records) -> Path:
    """Ray's own folder. Its sockets lie there, whose paths may have no more than 107 bytes."""
    kept = records.places.get("ray")
    if kept is None or not Path(kept).is_dir():
        records.places["ray"] = kept = tempfile.mkdtemp(prefix="xlt-", dir="/tmp")
        records.write()
    return Path(kept)


def token(folder: Path) -> str:
    """What whoever sends jobs must know; made once, and read by us alone."""
    path = folder / "token"
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii")
