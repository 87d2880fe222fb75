"""The table of kinds of task: one folder a kind beside this file, one line each here.

`kind.TaskKind` says what a kind is; a new one passes `xlt_core.testing.kinds.KindSuite`. `encoded`
is what encoding makes, `shaping` checks rows.
"""

from __future__ import annotations

from xlt_core.kinds.choice import CHOICE
from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.kinds.faults import Faults
from xlt_core.kinds.kind import TaskKind
from xlt_core.kinds.masked_lm import MASKED_LM
from xlt_core.kinds.regression import REGRESSION
from xlt_core.kinds.retrieval import RETRIEVAL
from xlt_core.kinds.shaping import Shaper
from xlt_core.kinds.span import SPAN
from xlt_core.kinds.tagging import TAGGING
from xlt_core.tasks.task import Task

__all__ = ["KINDS", "TaskKind", "get_kind", "shaper_of"]

_MEMBERS: tuple[TaskKind, ...] = (
    CLASSIFICATION,
    CHOICE,
    TAGGING,
    SPAN,
    REGRESSION,
    RETRIEVAL,
    MASKED_LM,
)
KINDS: dict[str, TaskKind] = {kind.name: kind for kind in _MEMBERS}


def get_kind(name: str) -> TaskKind:
    """The kind called `name`. Raises ValueError where there is none."""
    found = KINDS.get(name)
    if found is None:
        raise ValueError(f"no kind of task {name!r}; there are {', '.join(KINDS)}")
    return found


def shaper_of(task: Task, faults: Faults, *, blank: bool = False) -> Shaper:
    """What makes examples of a task's rows, as its kind shapes them.

    Args:
        faults: where what is wrong with a row is noted.
        blank: whether a text may be blank.
    """
    return Shaper(task, get_kind(task.kind).shape, faults, blank=blank)
