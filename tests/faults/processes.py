"""Finding and killing the processes of one sweep, and only those."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

import psutil


def tree(driver: int) -> list[psutil.Process]:
    """The driver and everything below it that is alive."""
    try:
        root = psutil.Process(driver)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def named(driver: int, word: str) -> list[psutil.Process]:
    """Processes below the driver whose title holds `word` (`ray::Worker`, `ray::StageService`)."""
    return [process for process in tree(driver) if word in _title(process)]


def kill(processes: list[psutil.Process]) -> int:
    """kill -9; returns how many were there to be killed."""
    killed = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
            killed += 1
    return killed


@contextlib.contextmanager
def suspended(processes: list[psutil.Process]) -> Iterator[None]:
    """Stopped for a while (SIGSTOP), so that what they do does not end before it is looked at."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def gone(processes: list[psutil.Process]) -> Iterator[psutil.Process]:
    """Wait until all of them have ended; yields any that outlive a minute."""
    _, alive = psutil.wait_procs(processes, timeout=60)
    yield from alive


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ""
