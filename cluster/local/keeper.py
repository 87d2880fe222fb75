"""Keep one server and all that it starts together, so that they end together.

A server of Ray starts dozens of processes, and what they start outlives them when they are killed.
The keeper adopts those (it is their subreaper), so all of a server is always below its keeper. It
ends when its server does or when it is told to (SIGTERM), and leaves nothing behind.

Usage: keeper.py SIGNAL USER LOG COMMAND…, where SIGNAL asks the server to end and USER runs it
(`-`: whoever runs this). It starts the server when it reads a line from its standard input, by when
`up` has written down that it is there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

import psutil

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl
HEARD = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
SECONDS_TO_END = 15


def main() -> int:
    """Keep the server of the command line; returns its exit code."""
    stop, user, log, *command = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel adopts no orphans")
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    if not sys.stdin.readline():  # whoever started us is gone, and nobody would know of a server
        return 1
    with open(log, "ab") as said:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD),
            user=None if user == "-" else user,
            group=None if user == "-" else user,
            extra_groups=None if user == "-" else [],
        )
    while signal.sigwait(HEARD) == signal.SIGCHLD:
        reap(server)
        if server.returncode is not None:
            break
    end(server, signal.Signals[stop])
    return server.returncode or 0


def reap(server: subprocess.Popen[bytes]) -> None:
    """Take note of every process below that has ended, adopted ones too."""
    server.poll()
    for child in psutil.Process().children():
        if child.pid != server.pid:
            try:
                os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                continue


def end(server: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    """Ask the server to end, and kill what is left after a while."""
    if server.returncode is None:
        server.send_signal(stop)
    for _ in range(SECONDS_TO_END):
        reap(server)
        if server.returncode is not None:
            break
        signal.sigtimedwait({signal.SIGCHLD}, 1)
    while left := psutil.Process().children(recursive=True):
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        signal.sigtimedwait({signal.SIGCHLD}, 1)
        reap(server)


if __name__ == "__main__":
    sys.exit(main())
