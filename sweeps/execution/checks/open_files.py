"""How many files a process may have open: stores, sockets of Ray, a cache of encoded rows."""

from __future__ import annotations

import resource
from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong

LEAST, PLENTY = 512, 1024
_REMEDY = "raise it where the process is started, as with `ulimit -n 65536`"


def open_files(subject: Subject) -> Iterator[Finding]:
    """The limit that holds now, and the one it may be raised to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"a process may open {_number(soft)}, at most {_number(hard)}"
    if soft == resource.RLIM_INFINITY or soft >= PLENTY:
        yield ok(text)
    else:
        yield (warning if soft >= LEAST else wrong)(text, _REMEDY)


def _number(limit: int) -> str:
    return "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"
