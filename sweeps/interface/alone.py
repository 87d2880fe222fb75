"""One sweep of a process at a time, where it starts or joins Ray: Ray is the whole process's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from xlt_core.vocabulary.errors import Mistake, UserMistake

_RUNNING = threading.Lock()


@contextmanager
def alone() -> Iterator[None]:
    """Meanwhile this is the process's only sweep, unless whoever calls has Ray already.

    Raises:
        UserMistake: there is another, which would end Ray under this one.
    """
    ray = sys.modules.get("ray")  # not imported yet, it is not up
    is_up = ray is not None and getattr(ray, "is_initialized", bool)()
    if is_up and not _RUNNING.locked():
        yield
        return
    if not _RUNNING.acquire(blocking=False):
        what = "another sweep of this process has Ray, and would end it under this one"
        remedy = "run them one after the other or as processes, or call ray.init() before both"
        raise UserMistake(Mistake("sweeps.run", what, remedy))
    try:
        yield
    finally:
        _RUNNING.release()
