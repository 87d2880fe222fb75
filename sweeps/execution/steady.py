"""What shows or writes may fail; nothing may come of it but a line in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("xlt.recorder")


@contextmanager
def never_steering(what: str) -> Iterator[None]:
    """Carry on after a block that failed: a closed terminal, a full disk, a server that is away.

    Rich answers a broken pipe by ending the program: `SystemExit`, no ordinary exception.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        log.warning("%s failed: %s: %s", what, type(error).__name__, error)
