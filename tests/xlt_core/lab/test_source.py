"""The lab as a data source, like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from xlt_core.data import open_source
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.lab.small.world import LANGUAGES
from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import lab_task, lab_tasks
from xlt_core.metrics import METRICS
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef

LAB = SourceRef("lab")
NAMES = [task.name for task in lab_tasks()]


def _labels(examples: Sequence[Any]) -> set[int]:
    if isinstance(examples[0], TaggingExample):
        return {tag for example in examples for tag in example.tags}
    return {example.label for example in examples}


@pytest.fixture
def source() -> LabSource:
    return LabSource(LAB)


class TestTasks:
    @pytest.mark.parametrize("name", NAMES)
    def test_are_tasks_like_any_other(self, name: str):
        """Found by name, with a metric of the table and a recipe that is one."""
        task = get_task(name)
        assert task == lab_task(name)
        assert task.metric in METRICS
        assert task.kind == "retrieval" or Recipe(**task.defaults)

    def test_an_unknown_one_is_the_users_mistake(self):
        """Naming the nearest."""
        with pytest.raises(UserMistake, match="did you mean lab-pairs"):
            lab_task("lab-pair")


class TestSource:
    def test_is_what_the_table_of_sources_opens(self):
        """Under the kind `lab`."""
        assert isinstance(open_source(LAB), LabSource)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("split", ["train", "dev", "test"])
    def test_what_it_lists_it_loads(self, source: LabSource, name: str, split: str):
        """Every language it claims, every label within the task's."""
        task = lab_task(name)
        none = {"retrieval": ("train", "dev"), "masked_lm": ("test",)}.get(task.kind, ())
        assert bool(source.languages(name, split)) == (split not in none)
        for language in source.languages(name, split):
            examples = source.load(name, language, split)
            assert len({example.id for example in examples}) == len(examples)
            if task.labels:
                assert _labels(examples) <= set(range(len(task.labels)))

    def test_the_target_trains_in_english_alone(self, source: LabSource):
        """Zero-shot; intermediate tasks may be trained on in any language."""
        assert source.languages("lab-nli", "train") == ("en",)
        assert source.languages("lab-nli", "test") == tuple(sorted(LANGUAGES))
        assert source.languages("lab-pairs", "train") == tuple(sorted(LANGUAGES))

    def test_rows_are_parallel(self, source: LabSource):
        """Row n says the same in every language, in other words."""
        english, other = (source.load("lab-nli", code, "test") for code in ("en", "qlc"))
        assert [e.id for e in english] == [o.id for o in other]
        assert [e.label for e in english] == [o.label for o in other]
        assert all(e.first != o.first for e, o in zip(english, other, strict=True))

    def test_a_tag_for_each_word(self, source: LabSource):
        """As every tagging task has it."""
        assert lab_task("lab-tags").kind == "tagging"
        assert all(len(e.words) == len(e.tags) for e in source.load("lab-tags", "qla", "dev"))

    @pytest.mark.parametrize(
        ("task", "language", "split"),
        [("lab-nli", "qla", "train"), ("lab-nli", "sw", "test"), ("lab-nli", "en", "extra")],
    )
    def test_what_is_not_there_is_the_users_mistake(self, source, task, language, split):
        """With what is."""
        with pytest.raises(UserMistake, match=rf"no {split} data for {task} in '{language}'"):
            source.load(task, language, split)


class TestFingerprints:
    def test_golden(self, source: LabSource):
        """The default world is the same on every machine and Python."""
        assert (
            source.refer("lab-nli", "qlb", "test").fingerprint
            == "7ba46e6e57b358c7560ff16d86779db0d8945387897a06382e58127894e07fe6"
        )
        assert (
            source.refer("lab-tags", "en", "train").fingerprint
            == "a31f3042a6ac91c0b8dd987c83b33bd09354a6a4bd781e58e3a521ae1db02b68"
        )

    def test_are_of_the_content(self, source: LabSource):
        """Another source of the same world agrees, another world does not."""
        asked = ("lab-pairs", "en", "train")
        assert LabSource(SourceRef("lab", "seed=0")).refer(*asked) == source.refer(*asked)
        for location in ("seed=1", "null"):
            other = LabSource(SourceRef("lab", location)).refer(*asked)
            assert other.fingerprint != source.refer(*asked).fingerprint
