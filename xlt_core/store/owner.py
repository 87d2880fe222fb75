"""Which process something belongs to, and whether that process is known to be dead.

A process number alone is reused; host, boot, process namespace and start time together are not.
"Dead" is only ever said of a process of this very machine and boot; elsewhere silence decides.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_START_TOLERANCE = 2


@dataclass(frozen=True)
class Owner:
    """A process.

    Attributes:
        boot: identifies the boot of the machine and the process namespace within it.
        started: when the process started, in an unit of this machine's own.
    """

    host: str
    boot: str
    pid: int
    started: int

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        return _current(os.getpid())

    @property
    def machine(self) -> str:
        """A short name of host and boot, fit for file names."""
        return hashlib.sha256(f"{self.host}\n{self.boot}".encode()).hexdigest()[:12]

    def is_dead(self) -> bool:
        """Whether this is a process of this machine that no longer runs."""
        return self.machine == Owner.current().machine and not _runs(self.pid, self.started)


def owned_name(what: str) -> str:
    """A fresh file name that says which process it belongs to."""
    me = Owner.current()
    return f"{what}.{me.machine}.{me.pid}.{me.started}.{secrets.token_hex(4)}"


def owner_is_dead(name: str) -> bool | None:
    """Whether the owner in `owned_name`'s result is dead; None where that cannot be known."""
    try:
        _, machine, pid, started, _ = name.rsplit(".", 4)
        number, start = int(pid), int(started)
    except ValueError:
        return None
    if machine != Owner.current().machine:
        return None
    return not _runs(number, start)


@lru_cache(maxsize=1)
def _current(pid: int) -> Owner:
    return Owner(socket.gethostname(), _boot(), pid, _start_of(pid) or 0)


def _boot() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115
    except OSError:
        return ""


def _runs(pid: int, started: int) -> bool:
    found = _start_of(pid)
    return found is not None and abs(found - started) <= _START_TOLERANCE


def _start_of(pid: int) -> int | None:
    """When the process started; None where there is none, or only its unreaped remains."""
    if not Path("/proc/self/stat").exists():
        return _start_by_psutil(pid)
    try:
        # The command's name stands in parentheses and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _start_by_psutil(pid: int) -> int | None:
    import psutil

    try:
        process = psutil.Process(pid)
        dead = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return None if dead else int(process.create_time())
    except psutil.Error:
        return None
