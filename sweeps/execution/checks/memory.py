"""Whether the machine's memory, and its GPUs', hold the training of the encoder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong
from sweeps.execution.resources import memory_complaint

GIBIBYTE = 2**30
MEBIBYTE = 2**20
OF_A_PROCESS = GIBIBYTE  # torch, transformers and a few rows, before any weight
_CGROUP = Path("/sys/fs/cgroup")
_SMI = ("nvidia-smi", "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits")
_SMI_SECONDS = 5.0


def memory(subject: Subject) -> Iterator[Finding]:
    """One worker has to have room; for as many as there are cores, it is well to know."""
    total, free = host_memory()
    text = f"{_size(free)} of {_size(total)} free"
    needed = OF_A_PROCESS + (0 if subject.on_gpu else subject.training_bytes)
    workers = max(1, int((subject.cpus or 1) // subject.threads))
    if subject.memory > total:
        what = f"execution.memory asks for {_size(subject.memory)} a worker"
        # On a cluster Ray places none here, and others may have the room.
        judge = wrong if subject.cpus is None else warning
        yield judge(f"{text}; {what}", "ask for less, or have machines with more memory")
    elif not subject.encoders or not subject.training_bytes:
        yield ok(text)
    elif needed > total:
        what = f"a worker takes {_size(needed)} at least"
        yield wrong(f"{text}; {what}", "take a smaller encoder, or machines with more memory")
    elif workers * needed > free:
        what = f"{workers} workers take {_size(workers * needed)} at least"
        yield warning(f"{text}; {what}", "set execution.workers lower, or free some")
    else:
        yield ok(f"{text}; a worker takes {_size(needed)} at least")


def gpu_memory(subject: Subject) -> Iterator[Finding]:
    """Each GPU, and whether a worker's part of it will do."""
    if subject.device == "cpu":
        yield ok("not asked for: execution.device is cpu")
        return
    found = gpus()
    for name, free, total in found:
        text = f"{name}: {_size(free)} of {_size(total)} free"
        needed = subject.training_bytes
        complaint = memory_complaint(needed, free, total, subject.share or 1.0) if needed else ""
        judge = wrong if needed > total * (subject.share or 1.0) else warning
        yield judge(text, complaint) if complaint else ok(text)
    if not found:
        yield _without(subject)


def host_memory() -> tuple[int, int]:
    """Bytes in all and free, of the machine or of the container we are in."""
    machine = psutil.virtual_memory()
    total, free = int(machine.total), int(machine.available)
    with suppress(OSError, ValueError):  # no such container, or "max"
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        total, free = min(total, limit), min(free, max(0, limit - used))
    return total, free


def gpus() -> tuple[tuple[str, int, int], ...]:
    """Name, bytes free and in all of each GPU here; none where there is no driver.

    Torch would take memory of each to tell, and sees none in a process that was given none.
    """
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=_SMI_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    parts = [[part.strip() for part in line.rsplit(",", 2)] for line in lines]
    return tuple(
        (name, int(free) * MEBIBYTE, int(total) * MEBIBYTE)
        for name, free, total in parts
        if free.isdecimal() and total.isdecimal()
    )


def _without(subject: Subject) -> Finding:
    if subject.gpus:
        text = f"Ray counts {subject.gpus:g} GPUs here, and nvidia-smi tells of none"
        remedy = "mend the driver, or the container's access to it"
        return wrong(text, remedy) if subject.device == "cuda" else warning(text, remedy)
    if subject.device == "cuda" and subject.gpus is None:
        return wrong("none, and execution.device is cuda", "write auto or cpu")
    return ok("no GPU")


def _size(size: float) -> str:
    return f"{size / GIBIBYTE:,.1f} GiB"
