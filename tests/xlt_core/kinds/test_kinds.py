"""Every kind of task through the public suite, each on a small task of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.example import Example
from xlt_core.kinds.masked_lm import TextExample
from xlt_core.kinds.retrieval import RetrievalExample
from xlt_core.tasks import Task, get_task
from xlt_core.testing.kinds import KindSuite

TASKS = {
    "classification": "mnli",
    "multiple_choice": "copa",
    "tagging": "udpos",
    "span": "squad",
    "regression": "stsb",
    "retrieval": "tatoeba",
    "masked_lm": "texts",
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
        if task.kind == "retrieval":  # never English, which is its other half
            return pairs(12)
        if task.kind == "masked_lm":
            return [TextExample(one.id, one.sentence) for one in pairs(12)]
        return FolderSource(small_data).load(task.name, "en", "dev")


def pairs(rows: int) -> list[RetrievalExample]:
    words = ("sun", "moon", "river", "stone", "red", "blue", "green", "cold", "warm", "cat", "dog")
    return [
        RetrievalExample(str(n), " ".join(words[: 1 + n % 5]), " ".join(words[n % 7 : 8]))
        for n in range(rows)
    ]
