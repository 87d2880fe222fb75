"""A plug-in: a task's name says what befalls its stages (see `runners`).

Named as one where jobs are made; importing it replaces what computes stages in the whole process.
"""

from __future__ import annotations

from tests.sweeps.execution.runners import run
from tests.xlt_core.stages.members import MADE_UP
from xlt_core.stages import KINDS
from xlt_core.work import EXECUTORS

KINDS.update({kind.kind: kind for kind in MADE_UP})
EXECUTORS.update(dict.fromkeys((*EXECUTORS, *(kind.kind for kind in MADE_UP)), run))
