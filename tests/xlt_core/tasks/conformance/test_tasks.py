"""What every task in the table must have; a new task has to pass this and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.kinds import get_kind
from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.regression import RegressionExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import METRICS
from xlt_core.tasks import Task, all_tasks, get_task
from xlt_core.tasks.layout import (
    ChoiceForm,
    CopaForm,
    FolderLayout,
    HubChoices,
    HubLayout,
    HubSpans,
    HubTable,
    HubTags,
    HubTrees,
    SquadForm,
    TableForm,
    TagForm,
)
from xlt_core.vocabulary.languages import get_language
from xlt_core.vocabulary.plan import Member
from xlt_core.vocabulary.recipe import Recipe

TASKS = pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
EXAMPLES = {
    "classification": ClassificationExample,
    "multiple_choice": ChoiceExample,
    "tagging": TaggingExample,
    "span": SpanExample,
    "regression": RegressionExample,
}
FORMS = {
    "classification": (TableForm, HubTable),
    "multiple_choice": ((ChoiceForm, CopaForm), HubChoices),
    "tagging": (TagForm, HubTags | HubTrees),
    "span": (SquadForm, HubSpans),
    "regression": (TableForm, HubTable),
}


@TASKS
class TestDescription:
    def test_its_name_can_stand_in_a_plan(self, task: Task):
        assert Member.parse(task.name) == Member(task.name)

    def test_its_defaults_make_a_recipe(self, task: Task):
        recipe = Recipe(**task.defaults)
        assert recipe.epochs is not None
        assert task.kind != "span" or recipe.stride < recipe.max_length

    def test_labels_are_there_where_the_kind_has_them(self, task: Task):
        assert bool(task.labels) == (task.kind in ("classification", "tagging"))
        assert len(set(task.labels)) == len(task.labels)

    def test_its_metric_is_in_the_table(self, task: Task):
        assert task.metric in METRICS

    def test_its_languages_are_sorted_and_known(self, task: Task):
        assert list(task.languages) == sorted(set(task.languages))
        for code in task.languages:
            assert get_language(code).code == code

    def test_its_role_is_clear(self, task: Task):
        assert task.roles
        assert set(task.roles) <= {"intermediate", "target"}
        assert task.is_target == bool(task.trains_on)

    def test_a_target_trains_on_tasks_with_training_data(self, task: Task):
        for name in task.trains_on:
            assert "train" in get_task(name).folder.files
            assert "train" in get_task(name).hub.splits
            assert "en" in get_task(name).languages

    def test_whoever_shares_its_text_is_a_task(self, task: Task):
        for name, reason in task.shares_text_with.items():
            assert get_task(name) is not task
            assert reason

    def test_people_are_told_what_it_is_and_whose(self, task: Task):
        assert task.title
        assert len(task.source.split()) > 3

    def test_both_layouts_fit_its_kind(self, task: Task):
        assert isinstance(task.folder, FolderLayout)
        assert isinstance(task.hub, HubLayout)
        folder_form, hub_form = FORMS[task.kind]
        assert isinstance(task.folder.form, folder_form)
        assert isinstance(task.hub.form, hub_form)

    def test_the_hub_has_its_languages_and_its_splits(self, task: Task):
        assert set(task.hub.parts) == set(task.languages)
        wanted = {"test"} if task.halve_test else {"dev"}
        assert wanted <= set(task.hub.splits) & set(task.folder.files)


def decode(split: EncodedSplit, tokenizer: Any, feature: int) -> str:
    ids = split.batch([feature])["input_ids"].reshape(-1)
    text: str = tokenizer.decode(ids, skip_special_tokens=True)
    return text


@pytest.mark.shared
@TASKS
class TestRealData:
    """Every task with files in ../shared/data loads, encodes and decodes."""

    @pytest.fixture(scope="class")
    def tokenizer(self, shared_encoder: Path) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(shared_encoder)

    def test_it_loads_encodes_and_decodes(self, task: Task, shared_data: Path, tokenizer: Any):
        source = FolderSource(shared_data)
        for split in ("train", "dev", "test"):
            for language in {*source.languages(task.name, split)} & {"en", "th", "sw"}:
                examples = source.load(task.name, language, split)
                assert {type(example) for example in examples} == {EXAMPLES[task.kind]}
                few = encode(get_kind(task.kind), examples[:20], tokenizer, 128, 32)
                assert few.examples == len(examples[:20])
                assert len(few) >= few.examples
                assert all(decode(few, tokenizer, n).strip() for n in range(len(few)))

    def test_it_has_what_a_study_needs(self, task: Task, shared_data: Path, tokenizer: Any):
        source = FolderSource(shared_data)
        assert source.languages(task.name, "dev")
        if "intermediate" in task.roles:
            assert "en" in source.languages(task.name, "train")
        if task.is_target:
            assert len(source.languages(task.name, "test")) >= 11
