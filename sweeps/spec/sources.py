"""Which source of data has which tasks: a task says itself where it may come from.

A spec's `data:` is held against it (`check`), and `xlt init` chooses by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xlt_core.tasks import get_task

WRITTEN = {"hub": "hub", "folder": "{folder: …}", "lab": "lab"}
_MISSING = {
    "hub": "is not on the hub",
    "folder": "is read from no folder",
    "lab": "is not in the lab",
}


def kind_of(data: str) -> str:
    """`hub`, `lab` or `folder`, from what stands under `data:`."""
    kind = data.partition(":")[0]
    return kind if kind in ("hub", "lab") else "folder"


def needed(targets: Iterable[str], members: Iterable[str]) -> tuple[str, ...]:
    """Every task that has to be read: intermediate ones, targets, and what these train on."""
    names = list(targets)
    trained = (name for target in names for name in get_task(target).training)
    return tuple(dict.fromkeys((*members, *names, *trained)))


def common(tasks: Iterable[str]) -> tuple[str, ...]:
    """The sources that have all of them."""
    has = [get_task(task).sources for task in tasks]
    return tuple(name for name in WRITTEN if all(name in sources for sources in has))


def lacking(source: str, tasks: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each task that `source` has not, with what is wrong and what to do."""
    for task in tasks:
        sources = get_task(task).sources
        if source not in sources:
            wanted = " or ".join(f"data: {WRITTEN[name]}" for name in sources)
            own = " (its Task has neither folder= nor hub=)" if not sources else ""
            yield task, f"{task} {_MISSING[source]}{own}", _remedy(wanted, source)


def _remedy(wanted: str, source: str) -> str:
    instead = "or use the lab's own tasks" if source == "lab" else "or leave the task out"
    return f"write {wanted}, {instead}" if wanted else "say where its rows lie, or leave it out"
