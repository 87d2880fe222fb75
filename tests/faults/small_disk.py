"""A small disk, and filling it up: for tests of what happens when there is no room."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MEBIBYTE = 2**20


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[bool]:
    """A file system of `size` bytes at `folder`; False where this process may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    may = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield may
    finally:
        if may:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is; returns the file that holds it."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * MEBIBYTE):
            pass
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass
    return path


@contextlib.contextmanager
def ballast(folder: Path) -> Iterator[None]:
    """A full disk, for a while."""
    path = fill(folder)
    try:
        yield
    finally:
        path.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    with mounted(tmp_path / "disk", MEBIBYTE) as may:
        if not may:
            pytest.skip("needs the right to mount a small disk")
        yield tmp_path / "disk"
