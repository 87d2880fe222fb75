"""The hub source, against a small server that speaks the hub's API on this machine.

What is fetched, cached and read is real (`huggingface_hub`, `datasets`, Parquet); only the data
are ours. Each run is a process of its own, for HF_ENDPOINT is read when the library is imported.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

COMMIT = "c0ffee" * 6 + "c0ff"
SCRIPT = """
import json, sys
from xlt_core.data.hub import HubSource
from xlt_core.vocabulary.errors import UserMistake
wanted, pins = json.loads(sys.argv[1]), json.loads(sys.argv[2])
source = HubSource(pins)
try:
    ref = source.refer(*wanted)
    rows = [row.content() for row in source.load(*wanted)]
    print(json.dumps({"rows": rows, "fingerprint": ref.fingerprint, "revisions": source.revisions}))
except UserMistake as mistake:
    print(json.dumps({"mistake": str(mistake)}))
"""


class SmallHub:
    """Serves the files below `root/<repository>/` as the branch `refs/convert/parquet`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *parts: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, repo: str, name: str, columns: dict[str, Any]) -> None:
        path = self.root / repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = urllib.parse.unquote(urllib.parse.urlparse(request.path).path)
        self.asked.append(path)
        if path.startswith("/api/datasets/"):
            self.answer_listing(request, path.removeprefix("/api/datasets/"))
        else:
            repo, _, rest = path.removeprefix("/datasets/").partition("/resolve/")
            self.answer_file(request, self.root / repo / rest.partition("/")[2])

    def answer_listing(self, request: http.server.BaseHTTPRequestHandler, asked: str) -> None:
        repo = "/".join(asked.split("/")[:2])
        if not (self.root / repo).is_dir():
            self.send(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        files = [path for path in sorted((self.root / repo).rglob("*")) if path.is_file()]
        names = [path.relative_to(self.root / repo).as_posix() for path in files]
        if "/tree/" in asked:
            listed: Any = [
                {"type": "file", "path": name, "size": path.stat().st_size, "oid": etag(path)}
                for name, path in zip(names, files, strict=True)
            ]
        else:
            siblings = [{"rfilename": name} for name in names]
            listed = {
                "id": repo,
                "sha": COMMIT,
                "siblings": siblings,
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
            }
        self.send(request, 200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def answer_file(self, request: http.server.BaseHTTPRequestHandler, path: Path) -> None:
        if not path.is_file():
            self.send(request, 404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"ETag": f'"{etag(path)}"', "X-Repo-Commit": COMMIT}
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


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SmallHub]:
    served = SmallHub(tmp_path / "hub")
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def read(hub: SmallHub, tmp_path: Path) -> Any:
    """Read a task, language and split in a process of its own; its answer as data."""

    def run(
        task: str, language: str, split: str, offline: bool = False, pins: Any = None
    ) -> dict[str, Any]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HF_")
        }
        environment |= {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_OFFLINE": "1" if offline else "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                SCRIPT,
                json.dumps([task, language, split]),
                json.dumps(pins or {}),
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


def test_a_data_set_is_fetched_once_recorded_and_read_again_offline(hub: SmallHub, read: Any):
    columns = {"premise": ["p", "q"], "hypothesis": ["h", "i"], "label": [1, 2]}
    hub.put("facebook/xnli", "sw/validation/0000.parquet", columns)
    hub.put("facebook/xnli", "sw/test/0000.parquet", columns | {"label": [0, 0]})
    first = read("xnli", "sw", "dev")
    assert first["rows"] == [["p", "h", 1], ["q", "i", 2]]
    assert first["revisions"] == {"facebook/xnli": COMMIT}
    assert any("refs/convert/parquet" in path for path in hub.asked)
    assert not any("sw/test" in path for path in hub.asked if "/resolve/" in path)
    hub.asked.clear()
    assert read("xnli", "sw", "dev", offline=True) == first
    assert hub.asked == []


def test_a_pinned_revision_is_the_one_that_is_asked_for(hub: SmallHub, read: Any):
    hub.put(
        "rajpurkar/squad",
        "plain_text/train/0000.parquet",
        {
            "id": ["1"],
            "context": ["ab cd"],
            "question": ["q"],
            "answers": [{"text": ["cd"], "answer_start": [3]}],
        },
    )
    found = read("squad", "en", "train", pins={"rajpurkar/squad": COMMIT})
    assert found["rows"] == [["1", "ab cd", "q", [["cd", 3]]]]
    assert not any("refs/convert" in path for path in hub.asked)


@pytest.mark.parametrize("offline", [False, True])
def test_a_data_set_that_cannot_be_had_is_named_with_a_remedy(read: Any, offline: bool):
    message = read("mnli", "en", "train", offline=offline)["mistake"]
    assert "nyu-mll/multi_nli" in message
    assert "HF_HUB_OFFLINE" in message
    assert "data: lab" in message


def test_a_server_that_is_gone_is_a_mistake_too(hub: SmallHub, read: Any):
    hub.server.shutdown()
    hub.server.server_close()
    assert "facebook/anli" in read("anli", "en", "dev")["mistake"]


def test_a_config_without_the_split_says_which_files_were_expected(hub: SmallHub, read: Any):
    hub.put("facebook/xnli", "sw/test/0000.parquet", {"premise": ["p"]})
    assert "sw/validation/*.parquet" in read("xnli", "sw", "dev")["mistake"]
