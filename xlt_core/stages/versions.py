"""Versions: what computes a stage's numbers, each part by itself.

A task, a kind of task, a metric, a method and a kind of stage each have a version, 1 when they
come. It is raised by hand when the numbers change that the part has a share in, and parts the keys
of the stages that use it, and of no others. A part at version 1 stands in no key, so that keys do
not change when a part comes that they have nothing to do with.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlt_core.kinds import get_kind
from xlt_core.metrics import METRICS
from xlt_core.tasks import get_task, is_as_shipped
from xlt_core.vocabulary.errors import UserMistake

Versions = dict[str, int]


def of_tasks(names: Iterable[str]) -> Versions:
    """Of tasks and their kinds; a task that is not known here has none, and cannot be computed."""
    found: Versions = {}
    for name in names:
        try:
            task = get_task(name)
        except UserMistake:
            continue
        found[f"task {name}"] = task.version
        found[f"kind {task.kind}"] = get_kind(task.kind).version
    return found


def of_metric(task: str) -> Versions:
    """Of the metric that scores `task`."""
    try:
        metric = METRICS[get_task(task).metric]
    except UserMistake:
        return {}
    return {f"metric {metric.name}": metric.version}


def of_own(names: Iterable[str], scored: bool) -> dict[str, object]:
    """The nature of tasks that xlt does not ship so, as it enters a key: as field `tasks`, or none.

    Of those it ships a version says when it changes; whoever adds a task may change it at will.

    Args:
        scored: whether they are, or else learnt: how one is scored has no share in weights.
    """
    found: dict[str, object] = {}
    for name in sorted({*names}):
        try:
            task = get_task(name)
        except UserMistake:
            continue
        if not is_as_shipped(task, scored):
            found[name] = task.nature(scored)
    return {"tasks": found} if found else {}


def raised(versions: Versions) -> dict[str, Versions]:
    """Those above 1, as they enter a key: as field `versions`, or as none."""
    found = {name: version for name, version in versions.items() if version != 1}
    return {"versions": found} if found else {}
