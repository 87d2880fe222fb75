"""Giving memory back: what a stage leaves behind in the C library's heap once it is freed.

Training frees most of what it took, but the C library keeps it for the next who asks, in pieces
that no later stage may fit: a worker that once trained on long rows would stay that large for ever.
"""

from __future__ import annotations

import ctypes
import functools

MOST_IDLE = 256 << 20  # bytes; giving back less than this is not worth the page faults


class _Mallinfo(ctypes.Structure):
    """glibc's `struct mallinfo2`, from malloc.h."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def give_back(most: int = MOST_IDLE) -> int:
    """Return idle memory to the machine where there is more than `most` bytes of it.

    Returns:
        The bytes that were idle; 0 where the C library does not tell (any but glibc).
    """
    library = _glibc()
    if library is None:
        return 0
    idle = int(library.mallinfo2().fordblks)
    if idle > most:
        library.malloc_trim(0)
    return idle


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libc.so.6")
        library.mallinfo2.restype = _Mallinfo
        library.malloc_trim.argtypes = [ctypes.c_size_t]
    except (OSError, AttributeError):  # another system, or glibc before 2.33
        return None
    return library
