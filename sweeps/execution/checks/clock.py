"""Whether this machine's clock goes as others do: the store's, the database's, the driver's.

Nothing of ours decides by comparing clocks; but services refuse requests of another time (S3 at a
quarter of an hour), certificates have dates, and times in MLflow would mix up.
"""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong
from xlt_core.store.probe import local_folder, try_place

TOLERATED, TOO_MUCH = 3.0, 300.0  # seconds; some services tell whole ones only
_REMEDY = "set the clock by the network (chrony, systemd-timesyncd)"


def clock(subject: Subject) -> Iterator[Finding]:
    """Against the store's and the study's database's, where they have clocks of their own."""
    from sweeps.search.trying import clock_ahead

    has_store = bool(subject.store) and _is_there(subject.store)
    database = clock_ahead(subject.storage) if subject.storage else None
    if has_store:
        yield judged(try_place(subject.store, 1).ahead, "the store's")
    if database is not None:
        yield judged(database, "the study's database's")
    if not has_store and database is None:
        yield ok("nothing to compare it with yet")


def judged(ahead: float, whose: str) -> Finding:
    """What is to be said of a clock that is so many seconds ahead of another."""
    if abs(ahead) <= TOLERATED:
        return ok(f"as {whose}, within {TOLERATED:g} s")
    text = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} {whose}"
    return (wrong if abs(ahead) > TOO_MUCH else warning)(text, _REMEDY)


def _is_there(store: str) -> bool:
    folder = local_folder(store)
    return folder is None or folder.is_dir()
