"""A cluster of `cluster/local.sh`, and what may befall it: a server killed, a node's disk full.

    with SmallCluster(folder) as cluster: … cluster.kill("node1"); cluster.up()

Every process that is ended here is one that the cluster has written down as its own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import psutil

ROOT = Path(__file__).resolve().parents[2]
S3_SERVER = ROOT / "cluster" / "local" / "s3_server.py"
LOCAL = ROOT / "cluster" / "local.sh"
# Workers find room on the two other nodes alone, so that it is known what a lost one takes along.
OPTIONS = ("--postgres", "--s3", "--head-cpus", "0", "--cpus", "1")


class SmallCluster:
    """Three nodes, MLflow, PostgreSQL and S3. `environment`: what a laptop knows of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = dict(os.environ)

    def up(self) -> None:
        """Start what is missing."""
        done = self._local("up", *OPTIONS)
        if done.returncode:
            raise SystemExit(f"the cluster did not come up:\n{done.stderr}")
        lines = [shlex.split(line)[1].partition("=") for line in done.stdout.splitlines()]
        self.environment |= {name: value for name, _, value in lines}

    def kill(self, server: str) -> None:
        """kill -9 of a server and all that it has started; returns when all of it is gone."""
        keeper, own = self._kept(server)[:2]
        below = keeper.children(recursive=True)
        own.kill()  # its keeper takes care of what it had started
        for process in [*below, keeper]:
            while _is_there(process):
                psutil.wait_procs([process], timeout=0.1)

    def end(self, server: str) -> None:
        """End a server as its machine's own stop would, in order."""
        keeper = self._kept(server)[0]
        keeper.terminate()
        while _is_there(keeper):
            psutil.wait_procs([keeper], timeout=0.1)

    def drivers(self) -> list[psutil.Process]:
        """The processes of jobs that drive sweeps."""
        found = []
        for process in self._kept("head")[0].children(recursive=True):
            with suppress(psutil.Error):
                words = process.cmdline()
                if words[1:3] == ["-m", "sweeps"]:
                    found.append(process)
        return found

    def computing(self) -> str:
        """A node that computes stages right now; the first one where none does."""
        nodes = ("node1", "node2")
        return next((node for node in nodes if self._computes(node)), nodes[0])

    def _computes(self, node: str) -> bool:
        for process in self._kept(node)[0].children(recursive=True):
            with suppress(psutil.Error):
                if process.cmdline()[:1] == ["ray::Worker.run"]:  # Ray names what an actor does
                    return True
        return False

    def disk(self, node: str) -> Path:
        """The folder that is a node's disk."""
        return Path(self._state()["places"]["ray"]) / f"{node}-disk"

    def port(self, server: str) -> int:
        """Where a server listens."""
        return int(self._state()["ports"][server])

    @contextmanager
    def s3_elsewhere(self) -> Iterator[str]:
        """The S3 server's objects served at another address, while it does not run itself."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-P", S3_SERVER, "127.0.0.1", str(port), self.folder / "s3"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                while not _listens(port):
                    assert server.poll() is None, f"the server has ended: {server.returncode}"
                    time.sleep(0.1)  # it tells nobody
                yield f"http://127.0.0.1:{port}"
            finally:
                server.kill()

    def __enter__(self) -> SmallCluster:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        database = self._state()["places"].get("postgresql")
        self._local("down")
        if database:  # as root, it lies elsewhere
            shutil.rmtree(database, ignore_errors=True)

    def _local(self, *words: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        environment = {**os.environ, "XLT_PYTHON": sys.executable, "PATH": path}
        command = [LOCAL, *words, "--folder", self.folder]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def _state(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads((self.folder / "state.json").read_text())
        return found

    def _kept(self, server: str) -> list[psutil.Process]:
        """A server's keeper, the server, and what it had started when it began to answer."""
        kept: list[list[int]] = self._state()["processes"][server]  # type: ignore[assignment]
        return [psutil.Process(pid) for pid, _ in kept if psutil.pid_exists(pid)]


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
