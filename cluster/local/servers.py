"""The servers of a cluster: how each is started, and how one knows that it answers.

Next: `postgresql` for the one that takes most to start.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HERE = "127.0.0.1"
BUCKET = "xlt"
NODES = ("head", "node1", "node2")
OBJECT_STORE_BYTES = 100 * 1024 * 1024  # only small values cross; weights go through the store
PYTHON = (sys.executable, "-P", "-m")
S3_SERVER = Path(__file__).with_name("s3_server.py")


@dataclass(frozen=True)
class Server:
    """One server."""

    name: str
    shown: str
    command: tuple[str, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: str = "SIGTERM"
    user: str = "-"


def fetched(url: str, method: str = "GET", token: str = "") -> bytes | None:
    """What a URL answers; None where nothing does, or with an error."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError):
        return None


def mlflow(folder: Path, port: int) -> Server:
    """MLflow's server on an SQLite file: one worker, and no runner of jobs, which nobody uses."""
    address = f"http://{HERE}:{port}"
    command = (
        *(*PYTHON, "mlflow", "server", "--workers", "1", "--host", HERE, "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    )
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    answers = lambda: fetched(f"{address}/health") is not None  # noqa: E731
    return Server("mlflow", f"MLflow's server at {address}", command, answers, quiet)


def s3(folder: Path, port: int) -> Server:
    """An S3 server with one bucket, whose objects lie below `folder`."""
    address = f"http://{HERE}:{port}"

    def answers() -> bool:
        return fetched(f"{address}/{BUCKET}", "PUT") is not None

    command = (sys.executable, "-P", str(S3_SERVER), HERE, str(port), str(folder / "s3"))
    return Server("s3", f"the S3 server at {address}", command, answers)


@dataclass(frozen=True)
class Ray:
    """What the three nodes have in common."""

    temporary: Path
    gcs: int
    dashboard: int
    client: int
    token: str
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where jobs are sent to."""
        return f"http://{HERE}:{self.dashboard}"

    def node(self, name: str, cpus: int) -> Server:
        """The head, or another node."""
        # Its own: two nodes that begin at once would take the same one, and a dead one had another.
        folder = str(self.temporary / f"{name}-{secrets.token_hex(3)}")
        # What would be its machine's disk: nodes share none but what they are told to share.
        disk = self.temporary / f"{name}-disk"
        disk.mkdir(exist_ok=True)
        head = ("--head", "--port", str(self.gcs), "--ray-client-server-port", str(self.client))
        head += ("--dashboard-host", HERE, "--dashboard-port", str(self.dashboard))
        command = (
            *(*PYTHON, "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"),
            *(head if name == "head" else ("--address", f"{HERE}:{self.gcs}")),
            *("--node-ip-address", HERE, "--node-name", name, "--num-cpus", str(cpus)),
            *("--dashboard-agent-listen-port", "0"),  # another cluster here may have the usual one
            *("--temp-dir", folder),
            *("--memory", str(psutil.virtual_memory().available // len(NODES))),
            *("--object-store-memory", str(OBJECT_STORE_BYTES)),
            *("--min-worker-port", "0", "--max-worker-port", "0"),  # else ranges that overlap
        )
        shown = f"Ray's {name}" + (f" at {self.address}" if name == "head" else "")
        environment = {**self.environment, "TMPDIR": str(disk)}
        return Server(name, shown, command, lambda: self.counts(folder), environment)

    def counts(self, folder: str) -> bool:
        """Whether the head counts the node with that folder among those alive."""
        said = fetched(f"{self.address}/nodes?view=summary", token=self.token)
        nodes = json.loads(said)["data"]["summary"] if said else []
        return ("ALIVE", folder) in [
            (node["raylet"].get("state"), node["raylet"].get("tempDir")) for node in nodes
        ]


def succeeds(*command: str) -> bool:
    """Whether a program ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
