"""Rows in the shape each hub data set has, and what becomes of them."""

from __future__ import annotations

from typing import Any

import datasets
import pytest

from xlt_core.data.hub import HubSource
from xlt_core.data.hub_rows import add_rows, questions_by_id
from xlt_core.kinds import shaper_of
from xlt_core.kinds.faults import Faults, TooManyFaults
from xlt_core.tasks import all_tasks, get_task
from xlt_core.vocabulary.errors import UserMistake

NLI = {"premise": ["p"] * 3, "hypothesis": ["h"] * 3, "label": [0, 1, 2]}
PANX = tuple(reversed(get_task("panx").labels))
SPANS = {
    "id": ["1", "2"],
    "title": ["t", "t"],
    "context": ["ab cd", "ab"],
    "question": ["q", "r"],
    "answers": [{"text": ["cd"], "answer_start": [3]}, {"text": ["ab"], "answer_start": [0]}],
}
SPAN_ROWS = [["1", "ab cd", "q", [["cd", 3]]], ["2", "ab", "r", [["ab", 0]]]]
NLI_ROWS = [["p", "h", 0], ["p", "h", 1], ["p", "h", 2]]
COPA = {
    "premise": ["p", "q"],
    "choice1": ["a", "a"],
    "choice2": ["b", "b"],
    "question": ["cause", "effect"],
    "idx": [0, 1],
    "label": [0, 1],
}
COPA_ROWS = [["p", "cause", ["a", "b"], 0], ["q", "effect", ["a", "b"], 1]]

# task → columns as on the hub, contents of the examples they become
SHAPES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "mnli": (NLI | {"genre": ["x"] * 3}, NLI_ROWS),
    "anli": (NLI | {"uid": list("abc"), "reason": [""] * 3}, NLI_ROWS),
    "snli": (NLI | {"label": [0, -1, 2]}, [["p", "h", 0], ["p", "h", 2]]),
    "xnli": (NLI, NLI_ROWS),
    "scitail": (
        {"sentence1": ["p", "q"], "sentence2": ["h", "i"], "gold_label": ["entailment", "neutral"]},
        [["p", "h", 0], ["q", "i", 1]],
    ),
    "qqp": (
        {"question1": ["p", "q"], "question2": ["h", ""], "label": [0, 1], "idx": [0, 1]},
        [["p", "h", 1], ["q", "", 0]],
    ),
    "paws": (
        {"id": [1, 2], "sentence1": ["p", "q"], "sentence2": ["h", "i"], "label": [0, 1]},
        [["p", "h", 1], ["q", "i", 0]],
    ),
    "sib200": (
        {"index_id": [7], "category": ["travel"], "text": ["t"]},
        [["t", None, 1]],
    ),
    "stsb": (
        {"sentence1": ["p", "q"], "sentence2": ["h", "i"], "label": [4.75, 5.0], "idx": [0, 1]},
        [["p", "h", 4.75], ["q", "i", 5.0]],
    ),
    "tatoeba": (
        {
            "source_sentence": ["eins", "zwei"],
            "target_sentence": ["one", "two"],
            "source_lang": ["deu", "deu"],
            "target_lang": ["eng", "eng"],
        },
        [["eins", "one"], ["zwei", "two"]],
    ),
    "squad": (SPANS, SPAN_ROWS),
    "squad2": (
        SPANS | {"answers": [{"text": [], "answer_start": []}, SPANS["answers"][1]]},
        [["1", "ab cd", "q", []], SPAN_ROWS[1]],
    ),
    "xquad": (SPANS, SPAN_ROWS),
    "hellaswag": (
        {"ind": [4], "ctx": ["c"], "endings": [list("wxyz")], "label": ["3"]},
        [["c", "", list("wxyz"), 3]],
    ),
    "cosmosqa": (
        {"id": ["1"], "context": ["c"], "question": ["q"], "label": [2]}
        | {f"answer{n}": [str(n)] for n in range(4)},
        [["c", "q", list("0123"), 2]],
    ),
    "csqa": (
        {
            "id": ["1"],
            "question": ["q"],
            "choices": [{"label": list("ABCDE"), "text": list("vwxyz")}],
            "answerKey": ["E"],
        },
        [["", "q", list("vwxyz"), 4]],
    ),
    "siqa": (
        {"context": ["c"], "question": ["q"], "label": ["3"]}
        | {f"answer{letter}": [letter] for letter in "ABC"},
        [["c", "q", list("ABC"), 2]],
    ),
    "copa": (COPA, COPA_ROWS),
    "xcopa": (COPA | {"changed": [False, True]}, COPA_ROWS),
    "panx": (
        {"tokens": [["Ann", "sang"]], "ner_tags": [[1, 0]], "langs": [["en", "en"]]},
        [[["Ann", "sang"], [1, 0]]],
    ),
    "udpos": (
        {
            "tokens": [["de", "le", "pain", "!"]],
            "upos": [["ADP", "DET", "NOUN", "PUNCT"]],
            "head": [["3", "3", "0", "3"]],
            "deps": [["3:case", "3:det", "0:root", "3:punct"]],
            "mwt": [[{"id": "1-2", "form": "du", "feats": None, "misc": None}]],
            "empty_nodes": [[{"id": "3.1", "form": "est", "upos": "VERB"}]],
        },
        [[["du", "pain", "!"], [1, 7, 12]]],
    ),
}


def shaped(
    task: str, table: Any, questions: dict[str, str] | None = None, language: str = "fr"
) -> list[Any]:
    shaper = shaper_of(get_task(task), Faults("hub"), blank=True)
    try:
        add_rows(table, shaper, get_task(task).hub.form, questions or {}, language)
    except TooManyFaults:
        shaper.faults.raise_found()
    return [example.content() for example in shaper.finish()]


@pytest.mark.parametrize("task", [task.name for task in all_tasks() if task.hub is not None])
def test_rows_become_examples(task: str):
    columns, contents = SHAPES[task]
    assert shaped(task, datasets.Dataset.from_dict(columns)) == contents


class TestClassNames:
    """Where the files name the classes, the names count, not our table's order."""

    def test_of_labels(self):
        names = ["contradiction", "entailment", "neutral"]
        table = datasets.Dataset.from_dict(NLI).cast_column(
            "label", datasets.ClassLabel(names=names)
        )
        assert [label for *_, label in shaped("xnli", table)] == [2, 0, 1]

    def test_of_tags(self):
        table = datasets.Dataset.from_dict(
            {"tokens": [["Ann", "sang"]], "ner_tags": [[PANX.index("B-PER"), PANX.index("O")]]}
        ).cast_column("ner_tags", datasets.List(datasets.ClassLabel(names=PANX)))
        assert shaped("panx", table) == [[["Ann", "sang"], [1, 0]]]

    def test_of_tags_of_trees(self):
        """The names of the treebanks' own Parquet files, in their own order."""
        names = ["NOUN", "PUNCT", "ADP", "_", "DET"]
        columns = SHAPES["udpos"][0] | {"upos": [[2, 4, 0, 1]]}
        table = datasets.Dataset.from_dict(columns).cast_column(
            "upos", datasets.List(datasets.ClassLabel(names=names))
        )
        assert shaped("udpos", table) == SHAPES["udpos"][1]


class TestStrippedSpans:
    """XQuAD's contexts lost white space that its offsets still count."""

    @pytest.mark.parametrize(
        ("context", "text", "start", "right"),
        [
            ("a cat, a cat, a cat", "cat", 2, 2),  # where it says
            ("a cat, a cat, a cat", "cat", 11, 9),  # two characters were stripped before it
            ("a cat, a cat, a cat", "cat", 17, 16),  # near the end
            ("a cat, a cat", "cat", 40, 9),  # beyond the end
            ("a cat  cat", "cat", -3, 2),
            ("xx cat cat", "cat", 5, 3),  # of two as near the earlier
        ],
    )
    def test_the_nearest_occurrence_is_the_answer(self, context, text, start, right):
        answers = [{"text": [text], "answer_start": [start]}]
        columns = {"id": ["1"], "context": [context], "question": ["q"], "answers": answers}
        ((_, _, _, found),) = shaped("xquad", datasets.Dataset.from_dict(columns))
        assert found == [[text, right]]

    @pytest.mark.parametrize("task", ["squad", "xquad"])
    def test_an_answer_that_stands_nowhere_is_a_fault(self, task: str):
        columns = SPANS | {"answers": [{"text": ["dog"], "answer_start": [3]}, SPANS["answers"][1]]}
        with pytest.raises(UserMistake, match="not at its offset 3"):
            shaped(task, datasets.Dataset.from_dict(columns))

    @pytest.mark.parametrize("task", ["squad", "squad2"])
    def test_where_nothing_was_stripped_a_wrong_offset_is_a_fault(self, task: str):
        """SQuAD's own offsets are right, so that another one is damage."""
        columns = SPANS | {"answers": [{"text": ["cd"], "answer_start": [2]}, SPANS["answers"][1]]}
        with pytest.raises(UserMistake, match="not at its offset 2"):
            shaped(task, datasets.Dataset.from_dict(columns))


def test_xcopa_takes_its_question_from_the_language_where_it_is_right():
    form = get_task("xcopa").hub.form
    right = questions_by_id(datasets.Dataset.from_dict(COPA), form)
    wrong = datasets.Dataset.from_dict(COPA | {"question": ["effect", "effect"]})
    assert shaped("xcopa", wrong, right) == COPA_ROWS


class TestMistakes:
    def test_a_missing_column(self):
        with pytest.raises(UserMistake, match=r"no column hypothesis(.|\n)*it has premise, label"):
            shaped("xnli", datasets.Dataset.from_dict({"premise": ["p"], "label": [0]}))

    def test_a_hidden_label(self):
        with pytest.raises(UserMistake, match=r"row 0(.|\n)*hidden"):
            shaped("copa", datasets.Dataset.from_dict(COPA | {"label": [-1, -1]}))

    def test_an_unknown_label(self):
        columns = {"index_id": [7], "category": ["sport"], "text": ["t"]}
        with pytest.raises(UserMistake, match="did you mean sports"):
            shaped("sib200", datasets.Dataset.from_dict(columns))

    def test_a_language_the_task_has_not(self):
        with pytest.raises(UserMistake, match=r"no dev in 'en' on the hub(.|\n)*et ht"):
            HubSource().load("xcopa", "en", "dev")


def test_languages_are_known_without_asking():
    source = HubSource()
    assert len(source.languages("xnli", "test")) == 15
    assert source.languages("xnli", "train") == ()
    assert source.languages("xquad", "dev") == source.languages("xquad", "test")
    assert "yo" in source.languages("udpos", "test")
    assert "yo" not in source.languages("udpos", "dev")
    assert len(source.languages("udpos", "test")) == 38
