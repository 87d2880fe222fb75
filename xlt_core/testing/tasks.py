"""What a task promises: `TaskSuite` of its description, `TaskDataSuite` of real data for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.kinds import get_kind
from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.masked_lm import TextExample
from xlt_core.kinds.regression import RegressionExample
from xlt_core.kinds.retrieval import RetrievalExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import METRICS
from xlt_core.tasks import TABLE, Task, get_task
from xlt_core.tasks.layout import FORMS as READ_AS
from xlt_core.tasks.layout import FolderLayout, HubLayout
from xlt_core.tasks.task import SPLITS
from xlt_core.vocabulary.languages import get_language
from xlt_core.vocabulary.plan import Member
from xlt_core.vocabulary.recipe import Recipe


@dataclass(frozen=True)
class Forms:
    """What the tasks of a kind have in common.

    Attributes:
        example: what their rows become.
        folder, hub: the forms that their layouts may have.
        labelled: whether they name labels.
    """

    example: type
    folder: tuple[type, ...]
    hub: tuple[type, ...]
    labelled: bool = False


def _forms(kind: str, example: type, labelled: bool = False) -> Forms:
    return Forms(example, READ_AS[kind]["folder"], READ_AS[kind]["hub"], labelled)


# By kind. Whoever has a kind of task of their own adds its line before its tasks are tried.
FORMS: dict[str, Forms] = {
    "classification": _forms("classification", ClassificationExample, labelled=True),
    "multiple_choice": _forms("multiple_choice", ChoiceExample),
    "tagging": _forms("tagging", TaggingExample, labelled=True),
    "span": _forms("span", SpanExample),
    "regression": _forms("regression", RegressionExample),
    "retrieval": _forms("retrieval", RetrievalExample),
    "masked_lm": _forms("masked_lm", TextExample),
}


class _OfATask:
    """What both suites have: the task stands in the table while a test runs."""

    @pytest.fixture
    def task(self) -> Task:
        """The member."""
        raise NotImplementedError("give the task: override this fixture")

    @pytest.fixture(autouse=True)
    def in_the_table(self, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        """As its line in `xlt_core.tasks.TABLE` would have it."""
        monkeypatch.setitem(TABLE, task.name, task)


class TaskSuite(_OfATask):
    """A task's description: whoever plans, reads data, trains and reports can rely on it.

    A member gives `task`. Its kind and metric stand in their tables; of a kind with forms of its
    own, `FORMS` is given a line.
    """

    def test_its_name_can_stand_in_a_plan(self, task: Task) -> None:
        """Plans are written with it, and the lab's names are the lab's."""
        assert Member.parse(task.name) == Member(task.name)
        assert get_task(task.name) is task

    def test_its_defaults_make_a_recipe(self, task: Task) -> None:
        """With an end; the windows of long contexts overlap and move on."""
        if not get_kind(task.kind).has_head:
            assert not task.defaults
            return
        recipe = Recipe(**task.defaults)
        assert (recipe.epochs or recipe.steps or 0) > 0
        assert not get_kind(task.kind).has_windows or recipe.stride < recipe.max_length

    def test_labels_are_there_where_the_kind_has_them(self, task: Task) -> None:
        """Each once; none elsewhere."""
        assert bool(task.labels) == FORMS[task.kind].labelled
        assert len(set(task.labels)) == len(task.labels)

    def test_its_metric_is_in_the_table(self, task: Task) -> None:
        """So that its predictions can be scored."""
        assert task.metric in METRICS

    def test_its_languages_are_sorted_and_known(self, task: Task) -> None:
        """Each has a name and a family."""
        assert task.languages
        assert list(task.languages) == sorted(set(task.languages))
        for code in task.languages:
            assert get_language(code).code == code

    def test_its_role_is_clear(self, task: Task) -> None:
        """Intermediate, target or both; only a target says what is trained for it, where that is
        not the task itself."""
        assert task.roles
        assert set(task.roles) <= {"intermediate", "target"}
        assert task.is_target or task.trains_on is None

    def test_a_target_trains_on_tasks_with_training_data(self, task: Task) -> None:
        """In English, wherever they are, and somewhere both are. Others train on nothing but
        themselves; for what no head is trained for, only others are."""
        assert get_kind(task.kind).has_head or task.name not in task.training
        for name in task.training:
            trained = get_task(name)
            assert set(trained.sources) & set(task.sources), f"no source has {task.name} and {name}"
            if trained.folder is not None:
                assert "train" in trained.folder.files
            if trained.hub is not None:
                assert "train" in trained.hub.splits
            assert "en" in trained.languages

    def test_whoever_shares_its_text_is_a_task(self, task: Task) -> None:
        """Another one, and the reason is said."""
        assert task.name not in task.shares_text_with
        for name, reason in task.shares_text_with.items():
            assert get_task(name) is not task
            assert reason

    def test_people_are_told_what_it_is_and_whose(self, task: Task) -> None:
        """One line, and a source that can be looked up."""
        assert task.title and "\n" not in task.title
        assert task.source.strip(), "say where it is from: a paper, or whose data it is"

    def test_its_layouts_fit_its_kind(self, task: Task) -> None:
        """One at least; the kind's shape is given the fields that the forms have."""
        assert task.folder is not None or task.hub is not None, "it can be read from nowhere"
        assert isinstance(task.folder, FolderLayout | None)
        assert isinstance(task.hub, HubLayout | None)
        forms = FORMS[task.kind]
        assert task.folder is None or isinstance(task.folder.form, forms.folder)
        assert task.hub is None or isinstance(task.hub.form, forms.hub)

    def test_its_splits_are_enough(self, task: Task) -> None:
        """Something to select by, dev or a test split that is halved, wherever it comes from; a
        target that cannot select has its test."""
        sources = [one for one in (_splits(task.folder), _splits(task.hub)) if one is not None]
        there = set.intersection(*sources)
        assert "dev" in there or ("test" in there and task.is_target)

    def test_the_hub_has_its_languages(self, task: Task) -> None:
        """It may lack one."""
        if task.hub is None:
            pytest.skip(f"{task.name} is read from folders alone (hub=None)")
        assert task.hub.parts and set(task.hub.parts) <= set(task.languages)


class TaskDataSuite(_OfATask):
    """Real data of a task in a folder: they load, encode and decode, and are enough for a study.

    A member gives `task`, `folder`, and `tokenizer`, the one of an encoder that knows the task's
    scripts. Of each split, English and up to two further languages are read.
    """

    @pytest.fixture
    def folder(self) -> Path:
        """A folder of data that holds a folder of the task's name."""
        raise NotImplementedError("give the folder of data: override this fixture")

    @pytest.fixture
    def tokenizer(self) -> Any:
        """A tokenizer as transformers makes them."""
        raise NotImplementedError("give a tokenizer: override this fixture")

    def languages(self, found: tuple[str, ...]) -> list[str]:
        """Those of a split that are read: English and the two that follow it."""
        return sorted(found, key=lambda code: (code != "en", code))[:3]

    def test_it_loads_encodes_and_decodes(self, task: Task, folder: Path, tokenizer: Any) -> None:
        """Every split there is; no row is lost on the way, and none is without text."""
        if task.folder is None:
            pytest.skip(f"{task.name} is read from no folder (folder=None)")
        source, loaded = FolderSource(folder), 0
        for split in (*SPLITS, *(beside.split for beside in task.beside)):
            for language in self.languages(source.languages(task.name, split)):
                examples = source.load(task.name, language, split)
                assert {type(example) for example in examples} == {FORMS[task.kind].example}
                _assert_encodes(task, examples[:20], tokenizer)
                loaded += 1
        assert loaded, f"nothing of {task.name} lies in {folder}"

    def test_it_has_what_a_study_needs(self, task: Task, folder: Path) -> None:
        """Dev to select by, English to train on where it is intermediate, and test of a target."""
        source = FolderSource(folder)
        if task.folder is None:
            pytest.skip(f"{task.name} is read from no folder (folder=None)")
        assert source.languages(task.name, "dev") or "dev" not in task.folder.files
        if "intermediate" in task.roles:
            assert "en" in source.languages(task.name, "train")
        if task.is_target:
            assert source.languages(task.name, "test")


def _splits(layout: FolderLayout | HubLayout | None) -> set[str] | None:
    """The splits of a layout, where there is one."""
    if layout is None:
        return None
    return set(layout.files if isinstance(layout, FolderLayout) else layout.splits)


def _assert_encodes(task: Task, examples: Any, tokenizer: Any) -> None:
    """Each example becomes one feature or more, with text in it."""
    made = encode(get_kind(task.kind), examples, tokenizer, 128, 32)
    assert made.examples == len(examples)
    assert len(made) >= made.examples > 0
    assert all(_decoded(made, tokenizer, feature).strip() for feature in range(len(made)))


def _decoded(split: EncodedSplit, tokenizer: Any, feature: int) -> str:
    ids = split.batch([feature])["input_ids"].reshape(-1)
    text: str = tokenizer.decode(ids, skip_special_tokens=True)
    return text
