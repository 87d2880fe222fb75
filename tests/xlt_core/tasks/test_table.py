"""The table of tasks: finding one, and knowing what shares text with what."""

from __future__ import annotations

import pytest

from xlt_core.tasks import all_tasks, get_task, overlap
from xlt_core.vocabulary.errors import UserMistake


def test_a_task_is_found_by_its_name():
    assert all(get_task(task.name) is task for task in all_tasks())


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UserMistake, match="did you mean mnli"):
        get_task("mnlii")


def test_a_name_near_to_nothing_gets_the_list():
    with pytest.raises(UserMistake, match=r"xlt tasks(.|\n)*hellaswag"):
        get_task("zzzzzz")


def test_three_label_inference_tasks_share_their_labels():
    """So that a head can be kept from one to the next."""
    labels = {get_task(name).labels for name in ("mnli", "snli", "anli", "xnli")}
    assert labels == {("entailment", "neutral", "contradiction")}


@pytest.mark.parametrize(
    ("target", "languages"),
    [("xnli", 15), ("xcopa", 11), ("udpos", 38), ("panx", 48), ("xquad", 12)],
)
def test_targets_have_the_protocol_s_languages(target: str, languages: int):
    assert len(get_task(target).languages) == languages


class TestOverlap:
    @pytest.mark.parametrize(
        ("intermediate", "target"),
        [
            ("mnli", "xnli"),
            ("squad", "xquad"),
            ("squad2", "xquad"),
            ("siqa", "xcopa"),
            ("copa", "xcopa"),
            ("panx", "panx"),
        ],
    )
    def test_is_said_in_words(self, intermediate: str, target: str):
        reason = overlap(intermediate, target)
        assert reason is not None
        assert len(reason.split()) > 4

    @pytest.mark.parametrize(
        ("intermediate", "target"),
        [("mnli", "xquad"), ("qqp", "xnli"), ("snli", "xnli"), ("udpos", "panx")],
    )
    def test_is_none_where_there_is_none(self, intermediate: str, target: str):
        assert overlap(intermediate, target) is None

    def test_an_unknown_task_is_a_mistake(self):
        with pytest.raises(UserMistake):
            overlap("mnli", "xnly")
