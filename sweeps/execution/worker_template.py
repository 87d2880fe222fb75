"""The driver's side of the template that workers here are forked from (`template_process`)."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sweeps.execution import forked_worker
from sweeps.execution.forked_worker import FIRST_JOB, JOB, SCRIPT, SOCKET
from sweeps.execution.scratch import LONGEST_FOLDER, OTHERS
from sweeps.spec.sweep import Execution

log = logging.getLogger("xlt.workers")

_PREFIX, _NAME = "xlt-workers-", "template"
WORKER_SCRIPT = forked_worker.__file__
# CUDA and its like do not outlive a fork, and torch may ask for devices when it is imported.
_GPUS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


class WorkerTemplate:
    """A process that is importing, and forks workers as soon as it has. Close it after Ray.

    Raises OSError where it cannot be started.
    """

    def __init__(self) -> None:
        self._folder = _folder()
        self._socket = str(Path(self._folder) / _NAME)
        try:
            self._process = self._started()
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _started(self) -> subprocess.Popen[bytes]:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self._socket)
            listener.listen(1024)
            number = listener.fileno()
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "sweeps.execution.template_process", str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[number],
                start_new_session=True,  # a Ctrl-C is for the driver
                # Ray reads these when it is imported. A worker ends when the process is gone that
                # its raylet is thought to be: there is none yet, and it ends with the driver.
                env={**os.environ, JOB: FIRST_JOB, "RAY_RAYLET_PID": str(os.getpid())},
            )

    def environment(self) -> dict[str, str]:
        """What Ray must be started with, so that `WORKER_SCRIPT` finds the template."""
        from ray._private.workers import default_worker

        return {SOCKET: self._socket, SCRIPT: default_worker.__file__}

    def close(self) -> None:
        """End the process and take its socket away."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def worker_template(execution: Execution, address: str | None) -> Iterator[WorkerTemplate | None]:
    """A template for a cluster of one's own; None at another's, and where there may be a GPU."""
    if address is not None or not _may_fork(execution):
        yield None
        return
    try:
        template = WorkerTemplate()
    except OSError as error:  # Ray starts workers as ever
        log.warning("workers are not forked: %s", error)
        yield None
        return
    try:
        yield template
    finally:
        template.close()


def _folder() -> str:
    """A new folder for this user alone, whose path leaves room for a socket's name.

    Raises OSError where there is no room for one.
    """
    for place in (tempfile.gettempdir(), *OTHERS):
        if len(os.fsencode(place)) <= LONGEST_FOLDER:
            with suppress(OSError):
                _clear_leftovers(Path(place))
                return tempfile.mkdtemp(prefix=_PREFIX, dir=Path(place).absolute())
    raise OSError(errno.ENOENT, "no temporary folder with a short path can be written to")


def _clear_leftovers(place: Path) -> None:
    """Take away what templates left whose drivers were killed: nobody listens there any more."""
    for left in place.glob(f"{_PREFIX}*/{_NAME}"):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as door:
            try:
                door.connect(str(left))
            except ConnectionRefusedError:
                shutil.rmtree(left.parent, ignore_errors=True)


def _may_fork(execution: Execution) -> bool:
    bare = execution.device == "cpu" or not any(Path(path).exists() for path in _GPUS)
    return sys.platform == "linux" and bare
