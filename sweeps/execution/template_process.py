"""The process that has imported all that workers need, and forks one whenever Ray starts one here.

Importing torch, transformers and Ray takes seconds of a core; a fork takes milliseconds, and the
pages are shared. Started by `worker_template`, asked by `forked_worker`.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

from sweeps.execution.forked_worker import SCRIPT, SIZE_BYTES

MODULES = (
    "torch",
    "transformers.modeling_utils",
    "transformers.models.bert.modeling_bert",
    "transformers.models.xlm_roberta.modeling_xlm_roberta",
    "xlt_core.worker_cache",
    "xlt_core.models.pretrained",
    "ray._private.workers.default_worker",
    "ray.tune",
    "sweeps.execution.service",
    "sweeps.execution.worker",
    "sweeps.execution.coordinator",
)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Entry of the process: `LISTENER`, the number of the socket that it inherited."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was said
        return
    listener = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()
    with _without_rays_chance():
        for name in MODULES:
            with suppress(ImportError):  # a worker that needs it will say
                importlib.import_module(name)
    if not _have_chances_of_their_own():
        return  # Ray starts its workers as ever
    gc.freeze()  # a worker that looks for garbage leaves these pages alone, and shared
    gc.enable()
    door = _asked(listener)
    if door is not None:
        _become_worker(door)


@contextmanager
def _without_rays_chance() -> Iterator[None]:
    """Meanwhile names of actor classes are drawn by the system.

    Some are made when `ray.tune` is imported. Ray's own generator, once begun, would go on in all
    forks alike; two workers that take the same random name for an object at once end Ray's start.
    """
    import ray.actor

    theirs = ray.actor.ActorClassID
    ray.actor.ActorClassID = SimpleNamespace(from_random=lambda: theirs(os.urandom(theirs.size())))
    try:
        yield
    finally:
        ray.actor.ActorClassID = theirs


def _have_chances_of_their_own() -> bool:
    """Whether what Ray draws at random differs from fork to fork, in any thread."""
    reads, writes = os.pipe()
    for _ in range(2):
        if os.fork() == 0:
            os.write(writes, b"".join(_drawn_by_two_threads()))
            os._exit(0)
    os.close(writes)
    with open(reads, "rb") as told:
        text = told.read()
    for _ in range(2):
        os.wait()
    size = len(text) // 4
    return size > 0 and len({text[at : at + size] for at in range(0, len(text), size)}) == 4


def _drawn_by_two_threads() -> list[bytes]:
    import ray

    drawn: list[bytes] = []
    thread = threading.Thread(target=lambda: drawn.append(ray.ObjectID.from_random().binary()))
    thread.start()
    thread.join()
    return [*drawn, ray.ObjectID.from_random().binary()]


def _asked(listener: socket.socket) -> socket.socket | None:
    """Serve until the driver has gone: None. In a process that was forked: who asked for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Ray sees to its workers
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        door, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            return door
        door.close()


def _become_worker(door: socket.socket) -> None:
    """Be what the process at the door would have become."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()  # Ray ends a worker's whole group
    _take_over(door)
    _look_again()
    script = os.environ[SCRIPT]
    sys.argv[0] = script
    runpy.run_path(script, run_name="__main__")


def _take_over(door: socket.socket) -> None:
    """Have the other's folder, arguments, environment and output, and let it go."""
    size, files, _, _ = socket.recv_fds(door, SIZE_BYTES, 3)
    left, parts = int.from_bytes(size, "big"), []
    while left and (part := door.recv(left)):
        parts.append(part)
        left -= len(part)
    folder, blocked, count, *texts = os.fsdecode(b"".join(parts)).split("\0")
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    pairs = [text.partition("=") for text in texts[int(count) :]]
    os.environ.clear()
    os.environ.update((name, value) for name, _, value in pairs)
    os.chdir(folder)
    signal.pthread_sigmask(
        signal.SIG_SETMASK, {int(number) for number in blocked.split(",") if number}
    )
    sys.argv[1:] = texts[: int(count)]
    door.sendall(b"1")
    door.close()


def _look_again() -> None:
    """What modules made of environment and chance when they were imported is another's."""
    import numpy
    from ray import _raylet

    _raylet.Config.initialize("")  # type: ignore[attr-defined]  # compiled
    _raylet.AuthenticationTokenLoader.instance().reset_cache()  # type: ignore[attr-defined]
    numpy.random.seed()  # the generator that all share; `random` sees to its own


if __name__ == "__main__":
    main()
