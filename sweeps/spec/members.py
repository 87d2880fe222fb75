"""What a stored sweep asks of tables that plug-ins add to, and whether this process has it.

A sweep's record names the plug-ins that were loaded when it began (`stored`), so that a command
without them says which, and not that a task is none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sweeps.spec.methods import METHODS as SEARCHES
from sweeps.spec.sweep import Range, Sweep
from xlt_core.store.place import BACKENDS
from xlt_core.tasks import get_task
from xlt_core.training.methods import METHODS
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import VARIABLE, named_plugins


def missing_plugins(recorded: Iterable[str]) -> tuple[str, ...]:
    """Those that this process has not imported."""
    return tuple(name for name in recorded if name not in sys.modules)


def not_loaded(where: str, why: str, recorded: Sequence[str]) -> Mistake:
    """That a sweep was made with plug-ins which this process lacks.

    Args:
        why: what is not known without them.
    """
    every = dict.fromkeys((*named_plugins(), *recorded))
    missing = ", ".join(missing_plugins(recorded))
    what = f"the sweep was made with plug-ins that are not loaded: {missing} ({why})"
    remedy = f"set {VARIABLE}={','.join(every)}, their folder on PYTHONPATH, and do it again"
    return Mistake(where, what, remedy)


def unknown_members(sweep: Sweep) -> Iterator[str]:
    """Everything that a sweep names and no table of this process has, in words."""
    steps = (member.task for step in sweep.intermediate.tasks for member in step.members)
    for name in dict.fromkeys((*steps, *(target.task for target in sweep.targets))):
        if not _is_task(name):
            yield f"{name!r} is not a task"
    for method in dict.fromkeys(_methods(sweep)):
        if method not in METHODS:
            yield f"{method!r} is not a training method"
    if sweep.search.method not in SEARCHES:
        yield f"{sweep.search.method!r} is not a search method"
    if (url := re.match(r"([\w+.-]+)://", sweep.store)) and url[1] not in BACKENDS:
        from fsspec.registry import available_protocols

        if url[1] not in ("file", "local", *available_protocols()):
            yield f"the kind of URL {url[0]} is not known"


def _is_task(name: str) -> bool:
    try:
        get_task(name)
    except UserMistake:
        return False
    return True


def _methods(sweep: Sweep) -> Iterator[object]:
    layers = [sweep.recipe.get(layer, {}) for layer in ("train", "target")]
    own = sweep.recipe.get("tasks", {})
    for layer in (*layers, *(own.values() if isinstance(own, Mapping) else ())):
        if isinstance(layer, Mapping) and (method := layer.get("method")) is not None:
            yield from method.choices if isinstance(method, Range) else (method,)
