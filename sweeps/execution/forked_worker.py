"""What Ray starts here in place of its own worker script: asks the template to fork one instead.

A script of the standard library alone, for all it does is to hand over what Ray gave it:
arguments, environment, folder, output and the signals that are blocked. Where no template answers,
or it cannot be what is asked for, it becomes Ray's own script: that worker comes seconds later and
is the same.
"""

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

SOCKET = "XLT_WORKER_TEMPLATE"  # where the template listens
SCRIPT = "XLT_WORKER_SCRIPT"  # Ray's own worker script
JOB = "RAY_JOB_ID"  # Ray reads it once in a process, when it is imported
FIRST_JOB = "01000000"  # of a cluster that has one driver
NO_JOB = "ffffffff"  # of workers that Ray starts ahead, before it knows the driver
PATIENCE_SECONDS = 30.0  # with a template that stands still; Ray waits a minute for a worker
SIZE_BYTES = 8  # in which the length of a request is told


def handed_over() -> bool:
    """Ask the template; whether a worker has begun."""
    blocked = ",".join(str(int(each)) for each in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    texts = [str(Path.cwd()), blocked, str(len(sys.argv) - 1), *sys.argv[1:]]
    texts += [f"{name}={value}" for name, value in os.environ.items()]
    request = os.fsencode("\0".join(texts))
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(PATIENCE_SECONDS)  # who answers later finds nobody, and ends
        door.connect(os.environ[SOCKET])
        socket.send_fds(door, [len(request).to_bytes(SIZE_BYTES, "big")], [0, 1, 2])
        door.sendall(request)
        return door.recv(1) != b""  # nothing where the template ended before


if __name__ == "__main__":
    begun = False
    if os.environ.get(JOB) in (FIRST_JOB, NO_JOB):
        with suppress(OSError):
            begun = handed_over()
    if not begun:
        os.execv(sys.executable, [sys.executable, os.environ[SCRIPT], *sys.argv[1:]])
