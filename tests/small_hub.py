"""A small server that speaks the hub's API on this machine: repositories, branches, commits.

Recorded answers in the real shape, served locally; what is fetched, cached and read is real
(`huggingface_hub`, `datasets`, Parquet, transformers). Each run is a process of its own, for
HF_ENDPOINT is read when the library is imported.
"""

from __future__ import annotations

import ctypes
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

COMMIT = "c0ffee" * 6 + "c0ff"
OTHER = "decade" * 6 + "deca"
CONVERTED = "refs/convert/parquet"


@dataclass
class Repository:
    """Files under each commit, and the commit at the head of each branch."""

    root: Path
    heads: dict[str, str] = field(default_factory=dict)

    def commit(self, revision: str) -> str | None:
        """The commit of a branch or of itself; None where there is none such."""
        found = self.heads.get(revision, revision)
        return found if (self.root / found).is_dir() else None


class SmallHub:
    """Serves data sets and models.

    Attributes:
        asked: paths of the requests, in order.
        refusal: a status to answer everything with; 0 to answer as a hub.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.refusal = 0
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *parts: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def folder(self, name: str, branch: str, commit: str) -> Path:
        """The folder of a commit, which becomes the head of `branch`. `name` as `datasets/a/b`."""
        known = self.repositories.setdefault(name, Repository(self.root / name))
        known.heads[branch] = commit
        (known.root / commit).mkdir(parents=True, exist_ok=True)
        return known.root / commit

    def put(
        self,
        repo: str,
        name: str,
        columns: dict[str, Any] | pa.Table,
        branch: str = CONVERTED,
        commit: str = COMMIT,
    ) -> Path:
        """A Parquet file of a data set."""
        path = self.folder(f"datasets/{repo}", branch, commit) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        pq.write_table(table, path)
        return path

    def put_model(
        self, repo: str, folder: Path, branch: str = "main", commit: str = COMMIT
    ) -> Path:
        """A model, copied from a folder."""
        return shutil.copytree(
            folder, self.folder(f"models/{repo}", branch, commit), dirs_exist_ok=True
        )

    def squash(self, name: str, branch: str, commit: str) -> None:
        """Rewrite a branch: the same files under another commit, and the old one is gone."""
        known = self.repositories[name]
        (known.root / known.heads[branch]).rename(known.root / commit)
        known.heads[branch] = commit

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = urllib.parse.urlparse(request.path).path
        self.asked.append(urllib.parse.unquote(path))
        if self.refusal:
            self.send(request, self.refusal, b"<html>no</html>", {"Content-Type": "text/html"})
            return
        if path.startswith("/api/"):
            kind, owner, name, *rest = path.removeprefix("/api/").split("/")
            self.answer_listing(request, f"{kind}/{owner}/{name}", rest)
        else:
            kind = "datasets" if path.startswith("/datasets/") else "models"
            repo, _, rest = path.removeprefix("/datasets").lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            self.answer_file(request, f"{kind}/{repo}", revision, urllib.parse.unquote(file))

    def answer_listing(self, request: Any, name: str, rest: list[str]) -> None:
        commit = self.find(request, name, rest[1] if len(rest) > 1 else "main")
        if commit is None:
            return
        root = self.repositories[name].root / commit
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        names = [path.relative_to(root).as_posix() for path in files]
        if rest and rest[0] == "tree":
            listed: Any = [
                {"type": "file", "path": name, "size": path.stat().st_size, "oid": etag(path)}
                for name, path in zip(names, files, strict=True)
            ]
        else:
            listed = {
                "id": name.partition("/")[2],
                "sha": commit,
                "siblings": [{"rfilename": name} for name in names],
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
            }
        self.send(request, 200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def find(self, request: Any, name: str, revision: str) -> str | None:
        """The commit asked for; None after the hub's own refusal was sent."""
        known = self.repositories.get(name)
        if known is None:
            self.send(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return None
        commit = known.commit(urllib.parse.unquote(revision))
        if commit is None:
            self.send(request, 404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        return commit

    def answer_file(self, request: Any, name: str, revision: str, file: str) -> None:
        commit = self.find(request, name, revision)
        if commit is None:
            return
        path = self.repositories[name].root / commit / file
        if not path.is_file():
            self.send(request, 404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"ETag": f'"{etag(path)}"', "X-Repo-Commit": commit}
        self.send(request, 200, path.read_bytes(), headers)

    def send(self, request: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)


def etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


def hub_environment(url: str, home: Path, offline: bool = False) -> dict[str, str]:
    """The environment of a process that takes `url` for the hub and keeps its cache in `home`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return own | {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "XLT_CACHE": str(home / "xlt"),
        "HF_HUB_OFFLINE": "1" if offline else "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
    }


def answer_of(
    script: str, *arguments: Any, environment: dict[str, str], bound: bool = False
) -> Any:
    """What a Python script prints last, as data; arguments reach it as JSON.

    `bound`: file permissions bind it even where we are root.
    """
    done = subprocess.run(
        [sys.executable, "-c", script, *map(json.dumps, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=give_up_override if bound else None,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def give_up_override() -> None:
    """From the next exec on, root's right to read and write what permissions forbid is gone."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    for capability in (dac_override, dac_read_search):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability)
