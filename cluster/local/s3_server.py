"""An S3 server whose objects lie in a folder, so that they outlive it: moto's, which has none.

Usage: s3_server.py HOST PORT FOLDER. Whatever a request has changed is in the folder before it is
answered; requests that change something are done one at a time, so that a conditional write is one.
An object lies under its key with `~` behind: `a` and `a/b` may both be keys.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import run_simple

READING = ("GET", "HEAD")
END = "~"  # which no key of ours has: it stands quoted there


class Kept:
    """Moto's application, and a folder that has what it has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._application = DomainDispatcherApplication(create_backend_app)
        self._memory = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        self._changing = threading.Lock()
        self._restore()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] in READING:
            found: Iterable[bytes] = self._application(environ, start_response)
            return found
        with self._changing:
            answer = list(self._application(environ, start_response))
            bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
            self._keep(bucket, key.encode("latin-1").decode("utf-8"))
        return answer

    def _keep(self, bucket: str, key: str) -> None:
        """Have the folder follow; a request without a key may have changed any of them."""
        if bucket not in self._memory.buckets:
            return
        (self._folder / bucket).mkdir(parents=True, exist_ok=True)
        there = self._memory.buckets[bucket].keys
        changed = [key] if key else set(there) ^ {name for _, name in self._found(bucket)}
        for name in changed:
            path = self._folder / bucket / (quote(name).replace(END, "%7E") + END)
            if name not in there:
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f"{path.name}{END}")
            new.write_bytes(there[name].value)
            new.replace(path)

    def _restore(self) -> None:
        for bucket in self._folder.iterdir() if self._folder.is_dir() else ():
            self._memory.create_bucket(bucket.name, "us-east-1")
            for path, name in self._found(bucket.name):
                kept = self._memory.put_object(bucket.name, name, path.read_bytes())
                kept.last_modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _found(self, bucket: str) -> list[tuple[Path, str]]:
        """Every object of a bucket: its file, its key."""
        root = self._folder / bucket
        files = [path for path in root.rglob(f"*{END}") if not path.name.endswith(END * 2)]
        return [
            (path, unquote(str(path.relative_to(root)).removesuffix(END)))
            for path in files
            if path.is_file()
        ]


def main() -> None:
    """Serve until ended."""
    host, port, folder = sys.argv[1:]
    application = Kept(Path(folder))
    run_simple(host, int(port), application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
