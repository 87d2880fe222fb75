"""Every kind of task through the public suite, each on a small task of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.example import Example
from xlt_core.tasks import Task, get_task
from xlt_core.testing.kinds import KindSuite

TASKS = {
    "classification": "mnli",
    "multiple_choice": "copa",
    "tagging": "udpos",
    "span": "squad",
    "regression": "stsb",
}


class TestEveryKind(KindSuite):
    @pytest.fixture(params=KINDS)
    def kind(self, request: pytest.FixtureRequest) -> TaskKind:
        return KINDS[request.param]

    @pytest.fixture
    def task(self, kind: TaskKind) -> Task:
        return get_task(TASKS[kind.name])

    @pytest.fixture
    def examples(self, task: Task, small_data: Path) -> Sequence[Example]:
        return FolderSource(small_data).load(task.name, "en", "dev")
