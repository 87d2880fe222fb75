"""The grown world's tasks go through the suites that every task passes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from xlt_core.lab.folder import write_world
from xlt_core.lab.skeleton import write_skeleton
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.world import World
from xlt_core.tasks.task import Task
from xlt_core.testing.tasks import TaskDataSuite, TaskSuite

KINDS = ["classification", "multiple_choice", "regression", "retrieval", "span", "tagging"]


def test_there_are_enough_of_every_kind():
    """Nine intermediate tasks and five targets."""
    targets = [one.task for one in GROWN.values() if one.task.is_target]
    assert len(targets) >= 5 and len(GROWN) - len(targets) >= 9
    assert sorted(Counter(one.task.kind for one in GROWN.values())) == KINDS
    assert len({task.kind for task in targets}) >= 5


class TestDescriptions(TaskSuite):
    @pytest.fixture(params=[one.task for one in GROWN.values()], ids=lambda task: task.name)
    def task(self, request: pytest.FixtureRequest) -> Task:
        found: Task = request.param
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab")
    write_world(World(rows=40), path / "data")
    write_skeleton(path / "encoder", World())
    return path


class TestData(TaskDataSuite):
    @pytest.fixture(params=[one.task for one in GROWN.values()], ids=lambda task: task.name)
    def task(self, request: pytest.FixtureRequest) -> Task:
        found: Task = request.param
        return found

    @pytest.fixture
    def folder(self, made: Path) -> Path:
        return made / "data"

    @pytest.fixture
    def tokenizer(self, made: Path) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(made / "encoder")
