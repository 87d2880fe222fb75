"""The table of tasks: one file a task beside this one, one line each here.

`task.Task` says what a task is, `layout` how its rows lie in a folder and on the hub. A new one
passes `xlt_core.testing.tasks.TaskSuite`.
"""

from __future__ import annotations

import difflib

from xlt_core.tasks.anli import ANLI
from xlt_core.tasks.copa import COPA
from xlt_core.tasks.cosmosqa import COSMOSQA
from xlt_core.tasks.csqa import CSQA
from xlt_core.tasks.hellaswag import HELLASWAG
from xlt_core.tasks.mnli import MNLI
from xlt_core.tasks.panx import PANX
from xlt_core.tasks.paws import PAWS
from xlt_core.tasks.qqp import QQP
from xlt_core.tasks.scitail import SCITAIL
from xlt_core.tasks.sib200 import SIB200
from xlt_core.tasks.siqa import SIQA
from xlt_core.tasks.snli import SNLI
from xlt_core.tasks.squad import SQUAD
from xlt_core.tasks.squad2 import SQUAD2
from xlt_core.tasks.stsb import STSB
from xlt_core.tasks.task import Task
from xlt_core.tasks.tatoeba import TATOEBA
from xlt_core.tasks.texts import TEXTS, TRANSLATIONS
from xlt_core.tasks.udpos import UDPOS
from xlt_core.tasks.xcopa import XCOPA
from xlt_core.tasks.xnli import XNLI
from xlt_core.tasks.xquad import XQUAD
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import of_ones_own

__all__ = ["Task", "all_tasks", "get_task", "is_as_shipped", "overlap"]

# fmt: off
TABLE: dict[str, Task] = {task.name: task for task in (
    MNLI,       # natural language inference
    ANLI,
    SNLI,
    SCITAIL,
    QQP,        # paraphrase
    PAWS,
    STSB,       # likeness, a number
    SQUAD,      # question answering
    SQUAD2,
    HELLASWAG,  # multiple choice
    COSMOSQA,
    CSQA,
    SIQA,
    COPA,
    TEXTS,      # masked language modelling
    TRANSLATIONS,
    XNLI,       # targets
    XCOPA,
    UDPOS,
    PANX,
    XQUAD,
    SIB200,
    TATOEBA,
)}
# fmt: on
_SHIPPED = dict(TABLE)  # before anybody adds a task, or puts another in the place of one


def all_tasks() -> tuple[Task, ...]:
    """Every task of the table, intermediates first; the lab's are not among them."""
    return tuple(TABLE.values())


def get_task(name: str) -> Task:
    """Return the task called `name`; names that start with `lab-` are the lab's.

    Raises:
        UserMistake: there is no such task; names the nearest.
    """
    if name.startswith("lab-"):
        from xlt_core.lab.tasks import lab_task

        task: Task = lab_task(name)
        return task
    found = TABLE.get(name)
    if found is None:
        raise UserMistake(_unknown(name))
    return found


def is_as_shipped(task: Task, scored: bool) -> bool:
    """Whether xlt ships this task, and it is learnt as that one is, or `scored` so."""
    if task.name.startswith("lab-"):
        return True
    known = _SHIPPED.get(task.name)
    return known is not None and known.nature(scored) == task.nature(scored)


def overlap(intermediate: str, target: str) -> str | None:
    """Say in words why `intermediate` shares text with `target`, or None where it does not.

    Known by construction of the data sets.
    """
    first, second = get_task(intermediate), get_task(target)
    if intermediate == target:
        return f"{target} is the target itself: its own training comes again at the end"
    known = first.shares_text_with.get(target) or second.shares_text_with.get(intermediate)
    if known:
        return known
    if intermediate in second.training:
        return f"{intermediate} is what {target} trains on"
    return None


def _unknown(name: str) -> Mistake:
    near = difflib.get_close_matches(name, TABLE, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]}?" if near else "`xlt tasks` lists them"
    remedy = f"{remedy}; {of_ones_own()}. Known: {', '.join(TABLE)}"
    return Mistake("", f"{name!r} is not a task", remedy)
