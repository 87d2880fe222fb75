"""How processes begin and end: fast, for no garbage is looked for while modules are imported, and
no module is taken apart at the end; and by which signals, of which two may be one press.

With torch, Ray or MLflow in it a process holds millions of objects. Looking through them again and
again is a quarter of the time that importing takes; freeing each, seconds after the last word.
Used by `cli.main`, the tracking process and workers.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENDING = (signal.SIGINT, signal.SIGTERM)
ONE_PRESS_SECONDS = 0.3  # a wrapper, as a batch system, passes on what the terminal sent as well


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile. For imports and what is opened once, which make little."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """End the process, once all that wanted to know of its end does, as `sys.exit` inside says.

    Threads are waited for, handlers of `atexit` called and streams flushed as ever; an error ends
    it as ever altogether.
    """
    codes: list[int] = []
    atexit.register(_leave, codes)  # what is registered first is called last
    try:
        yield
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            codes.append(ending.code or 0)
        raise


def _leave(codes: list[int]) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    if codes:
        os._exit(codes[0])
