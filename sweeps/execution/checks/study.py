"""Whether the database of the studies answers, can be written to, and how fast."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning

SLOW_MILLISECONDS = 200.0


def study(subject: Subject) -> Iterator[Finding]:
    """A trial is a few writes; slow ones hold the search up."""
    from sweeps.search.trying import try_storage

    if not subject.storage:
        return
    tried = try_storage(subject.storage)
    text = f"{tried.where}: {tried.state}; a write takes {tried.milliseconds:.0f} ms"
    if tried.milliseconds < SLOW_MILLISECONDS:
        yield ok(text)
    else:
        yield warning(text, "choose a database that is nearer, or a faster disk")
