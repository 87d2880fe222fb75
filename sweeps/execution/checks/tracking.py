"""Whether MLflow answers, lets us in, and is of our version."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning


def tracking(subject: Subject) -> Iterator[Finding]:
    """The server, or the database that takes its place."""
    from sweeps.tracking.reaching import reach

    if not subject.tracking:
        return
    found = reach(subject.tracking)
    yield warning(found.text, found.remedy) if found.remedy else ok(found.text)
