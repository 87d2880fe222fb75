"""Every task of the table through the public suite: a new one has to pass this, nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.tasks import Task, all_tasks
from xlt_core.tasks.layout import ALL_SPLITS, FolderLayout, HubLayout, HubTable, TableForm, english
from xlt_core.tasks.task import SPLITS
from xlt_core.testing.tasks import TaskDataSuite, TaskSuite


class TestDescription(TaskSuite):
    @pytest.fixture(params=all_tasks(), ids=lambda task: task.name)
    def task(self, request: pytest.FixtureRequest) -> Task:
        return request.param


OWN = Task(
    "colours",
    kind="classification",
    title="Which colour it is",
    languages=("de", "en"),
    labels=("red", "blue"),
    metric="accuracy",
    defaults={"epochs": 2},
    roles=("target",),
    folder=FolderLayout(
        {split: split + "-{language}.tsv" for split in SPLITS},
        TableForm(columns=("label", "text"), texts=("text",), header=False),
    ),
    source="Made up for this test alone",
)


class TestOfAUser(TaskSuite):
    """A target that trains on itself, in folders alone or on the hub alone."""

    @pytest.fixture(params=["folder", "hub"])
    def task(self, request: pytest.FixtureRequest) -> Task:
        hub = HubLayout(english("some/colours", ""), ALL_SPLITS, HubTable(("text",)))
        return OWN if request.param == "folder" else replace(OWN, folder=None, hub=hub)


@pytest.mark.shared
class TestRealData(TaskDataSuite):
    """Every task with files in ../shared/data: plain texts are everybody's own."""

    READ = tuple(task for task in all_tasks() if task.kind != "masked_lm")

    @pytest.fixture(params=READ, ids=lambda task: task.name)
    def task(self, request: pytest.FixtureRequest) -> Task:
        return request.param

    @pytest.fixture
    def folder(self, shared_data: Path) -> Path:
        return shared_data

    @pytest.fixture(scope="class")
    def tokenizer(self, shared_encoder: Path) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(shared_encoder)

    def languages(self, found: tuple[str, ...]) -> list[str]:
        """English, one without spaces, one low in resources."""
        return sorted({*found} & {"en", "th", "sw"})


@pytest.mark.shared
@pytest.mark.parametrize("name", [task.name for task in all_tasks() if task.is_target])
def test_a_target_has_test_data_in_many_languages(name: str, shared_data: Path) -> None:
    """Eleven at the least, or families could not be told apart."""
    assert len(FolderSource(shared_data).languages(name, "test")) >= 11
