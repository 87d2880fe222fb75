"""A network between us and a service, as bad as one likes: a proxy that refuses, drops or loses.

    with Flaky("http://127.0.0.1:9000") as network:
        … network.url …; network.faults = 0.3; network.down()

Of each request the dice decide: it may be refused (503), dropped before it arrived, or done and its
answer lost, which is the worst of them: the client does not know what it has done. `instead` has
all answered with a status and a page, as a proxy between does.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

WAYS = ("refused", "dropped", "lost")
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Flaky:
    """The proxy. `faults`: share of requests that meet one of `ways`; `met` counts them.

    `asked`: method and path of every request that was passed on.

    `instead`: the status and the page that everything is answered with; None to pass on.
    """

    def __init__(self, behind: str, seed: int = 0, port: int = 0) -> None:
        self.behind = urlsplit(behind).netloc
        self.faults = 0.0
        self.ways: tuple[str, ...] = WAYS
        self.met: Counter[str] = Counter()
        self.asked: list[tuple[str, str]] = []
        self.instead: tuple[int, str] | None = None
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fate(self) -> str:
        """What becomes of the next request; empty where nothing does."""
        with self._lock:
            if self._dice.random() >= self.faults:
                return ""
            way = self._dice.choice(self.ways)
            self.met[way] += 1
            return way

    def down(self) -> None:
        """Nothing gets through any more."""
        self.faults, self.ways = 1.0, ("dropped",)

    def up(self, faults: float = 0.0) -> None:
        """It works again, but for a share of faults."""
        self.faults, self.ways = faults, WAYS

    def __enter__(self) -> Flaky:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(network: Flaky) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def _pass_on(self) -> None:
            body, fate = self._body(), network.fate()
            if network.instead is not None:
                status, page = network.instead
                network.met["instead"] += 1
                self._answer(status, [("Content-Type", "text/html")], page.encode())
            elif fate == "refused":
                self._answer(503, [], b"")
            elif fate == "dropped":
                self.close_connection = True
            else:
                network.asked.append((self.command, self.path))
                status, headers, content = self._ask(body)
                if fate == "lost":
                    self.close_connection = True
                else:
                    self._answer(status, headers, content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            there = HTTPConnection(network.behind, timeout=60)
            try:
                headers = {n: v for n, v in self.headers.items() if n.lower() not in _HOP}
                there.request(self.command, self.path, body, headers)
                answer = there.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                there.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            length = {n.lower(): v for n, v in headers}.get("content-length")
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            is_head = self.command == "HEAD"
            self.send_header("Content-Length", length if is_head and length else str(len(content)))
            self.end_headers()
            if not is_head:
                self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    return Handler
