"""Memory that a stage has freed goes back to the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from xlt_core.heap import _glibc, give_back

# Pieces below the size at which the C library asks the machine for each one by itself, every other
# one of them freed, so that nothing can be given back from the top of the heap alone.
SCRIPT = """
import ctypes, psutil
from xlt_core.heap import give_back
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = libc.memset.argtypes = None
pieces = [libc.malloc(ctypes.c_size_t(100_000)) for _ in range(2_000)]
for piece in pieces:
    libc.memset(ctypes.c_void_p(piece), 1, ctypes.c_size_t(100_000))
for piece in pieces[::2]:
    libc.free(ctypes.c_void_p(piece))
held = psutil.Process().memory_info().rss
assert give_back(10 << 20) > 90_000_000
print(held - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(_glibc() is None, reason="needs glibc")
def test_what_was_freed_is_given_back() -> None:
    """Though it lies between pieces that are still held."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 80_000_000


def test_little_is_left_alone() -> None:
    """Whatever the system."""
    assert give_back(1 << 62) >= 0
