"""What is written down of a cluster: its processes, ports, places and the lines that `up` prints.

A process is known by its id and by when it began, for ids are used again. Next: `servers`.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

FILE, LOCK = "state.json", "lock"
# Neither those that Ray gives its workers nor those that systems give to whoever calls out, who
# would have taken one by the time that its server comes back.
PORTS = range(20000, 30000)


class Failed(Exception):
    """What is wrong, in words for the user."""


def began(pid: int) -> int | None:
    """When a process began, in the kernel's ticks since boot; None for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def boot() -> str:
    """What tells this start of the machine from every other."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@dataclass
class Records:
    """The records of one cluster, in its folder."""

    folder: Path
    booted: str = ""
    options: dict[str, object] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    processes: dict[str, list[list[int]]] = field(default_factory=dict)  # by server: id, beginning
    ports: dict[str, int] = field(default_factory=dict)  # kept, so that addresses stay the same
    places: dict[str, str] = field(default_factory=dict)  # folders outside ours

    @classmethod
    def read(cls, folder: Path) -> Records:
        """What is written down in a folder; nothing in a new one."""
        try:
            kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
            found = cls(folder, **kept)
        except FileNotFoundError:
            return cls(folder, boot())
        except (ValueError, TypeError):
            raise Failed(
                f"{folder / FILE} is damaged: end what runs by hand, then delete it"
            ) from None
        if found.booted != boot():
            found.booted, found.processes = boot(), {}
        return found

    def write(self) -> None:
        """Write them down, all or nothing."""
        kept = {name: value for name, value in vars(self).items() if name != "folder"}
        new = self.folder / f"{FILE}.new"
        new.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        new.replace(self.folder / FILE)

    def add(self, server: str, *pids: int) -> None:
        """Write down processes of a server."""
        known = self.processes.setdefault(server, [])
        known += [[pid, at] for pid in pids if (at := began(pid)) and [pid, at] not in known]
        self.write()

    def alive(self, server: str) -> list[psutil.Process]:
        """Processes of a server that are still there, its keeper first."""
        return [
            psutil.Process(pid) for pid, at in self.processes.get(server, []) if began(pid) == at
        ]

    def runs(self, server: str) -> bool:
        """Whether a server's keeper, the first of its processes, is there: its server is, then."""
        first = self.processes.get(server, [[0, 0]])[0]
        return began(first[0]) == first[1]

    def port(self, name: str, taken: bool) -> int:
        """The port of that name: the one it had before, unless another program has it now.

        Args:
            taken: whether our own server listens there.
        """
        if name not in self.ports or not (taken or _is_free(self.ports[name])):
            self.ports[name] = _free(set(self.ports.values()))
        return self.ports[name]


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free(taken: set[int]) -> int:
    """A port that nobody uses, and that is none of `taken`.

    Raises:
        Failed: there is none.
    """
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken and _is_free(port):
            return port
    raise Failed(f"no port from {PORTS[0]} to {PORTS[-1]} is free")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone at work on a folder. Raises Failed while another is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failed(f"another `local.sh` is at work on {folder}: wait until it is done") from None
    try:
        yield
    finally:
        os.close(handle)
