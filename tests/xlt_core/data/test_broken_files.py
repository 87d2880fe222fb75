"""Every malformed file is a mistake that names the file, the place in it, and the remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.vocabulary.errors import UserMistake

MNLI = "id\tpremise\thypothesis\tlabel\n"
CHOICE = {"id": "1", "context": "c", "question": "q", "choices": ["a", "b", "c"], "label": 0}
COPA = {"premise": "p", "choice1": "a", "choice2": "b", "question": "cause", "label": 0, "idx": 0}
QA = {"id": "q1", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def squad(qa: Any, context: Any = "Ann sang.") -> str:
    return json.dumps({"data": [{"paragraphs": [{"context": context, "qas": [qa]}]}]})


class Broken(NamedTuple):
    title: str
    file: str
    content: str | bytes
    says: tuple[str, ...]
    split: str = "train"
    language: str = "en"


BROKEN = [
    Broken("header", "mnli/train-en.tsv", "a\tb\n1\t2\n", ("line 1", "premise", "tab-separated")),
    Broken(
        "few columns", "mnli/train-en.tsv", MNLI + "1\tp\tneutral\n", ("line 2", "3 columns", "4")
    ),
    Broken(
        "many columns",
        "mnli/train-en.tsv",
        MNLI + "1\tp\th\tx\tneutral\n",
        ("line 2", "5 columns", "quoting"),
    ),
    Broken(
        "unknown label",
        "mnli/train-en.tsv",
        MNLI + "1\tp\th\tentailement\n",
        ("line 2", "'entailement'", "did you mean entailment?"),
    ),
    Broken(
        "label far off",
        "mnli/train-en.tsv",
        MNLI + "1\tp\th\t7\n",
        ("line 2", "'7'", "known: entailment, neutral, contradiction"),
    ),
    Broken(
        "empty premise",
        "mnli/train-en.tsv",
        MNLI + "1\t \th\tneutral\n",
        ("line 2", "premise is empty", "remove the row"),
    ),
    Broken(
        "empty hypothesis",
        "mnli/train-en.tsv",
        MNLI + "1\tp\t\tneutral\n",
        ("line 2", "hypothesis is empty"),
    ),
    Broken("header only", "mnli/train-en.tsv", MNLI, ("holds no rows", "at least one")),
    Broken("empty table", "mnli/train-en.tsv", "", ("holds no rows",)),
    Broken(
        "not UTF-8", "mnli/train-en.tsv", (MNLI + "1\t").encode() + b"\xff\xfe", ("line 2", "UTF-8")
    ),
    Broken(
        "UTF-16", "mnli/train-en.tsv", (MNLI + "1\tp\th\tneutral\n").encode("utf-16"), ("UTF-8",)
    ),
    Broken(
        "stripped test labels",
        "xnli/test-sw.tsv",
        "p\th\n",
        ("line 1", "2 columns", "strips the labels"),
        "test",
        "sw",
    ),
    Broken(
        "header where there is none",
        "xnli/dev-en.tsv",
        "sentence1\tsentence2\tlabel\np\th\tneutral\n",
        ("line 1", "label 'label'"),
        "dev",
    ),
    Broken(
        "unknown topic",
        "sib200/dev-en.tsv",
        "id\ttext\tlabel\n1\tt\tsport\n",
        ("line 2", "did you mean sports?"),
        "dev",
    ),
    Broken("tag unknown", "udpos/train-en.tsv", "The\tDET\ncat\tNOUNS\n", ("line 2", "NOUN?")),
    Broken("tag prefix", "panx/train-en.tsv", "a\tO\n\nb\tB-MISC\n", ("line 3", "'B-MISC'")),
    Broken("no tag", "panx/train-en.tsv", "Ann\tB-PER\nsang\n", ("line 2", "token<TAB>tag")),
    Broken("no token", "panx/train-en.tsv", "\tO\n", ("line 1", "token<TAB>tag")),
    Broken("three columns", "panx/train-en.tsv", "a\tO\tO\n", ("line 1", "token<TAB>tag")),
    Broken("spaces for tabs", "panx/train-en.tsv", "a O\n", ("line 1", "token<TAB>tag")),
    Broken("blank tags file", "panx/train-en.tsv", "\n\n", ("holds no rows",)),
    Broken("not JSON", "siqa/train-en.jsonl", "{'id': 1}\n", ("line 1", "is not JSON", "context")),
    Broken("JSON list", "siqa/train-en.jsonl", "[1]\n", ("line 1", "not a JSON object")),
    Broken(
        "no field",
        "siqa/train-en.jsonl",
        lines(CHOICE, {"id": "2", "context": "c", "question": "q", "label": 0}),
        ("line 2", "no field choices"),
    ),
    Broken(
        "choices differ",
        "siqa/train-en.jsonl",
        lines(CHOICE, CHOICE | {"choices": ["a", "b"]}),
        ("line 2", "2 choices instead of 3"),
    ),
    Broken(
        "choice no text",
        "siqa/train-en.jsonl",
        lines(CHOICE | {"choices": ["a", "b", 3]}),
        ("line 1", "a list of 3 texts"),
    ),
    Broken(
        "empty choice",
        "siqa/train-en.jsonl",
        lines(CHOICE | {"choices": ["a", "b", " "]}),
        ("line 1", "choices is empty"),
    ),
    Broken(
        "label beyond", "siqa/train-en.jsonl", lines(CHOICE | {"label": 3}), ("line 1", "0 to 2")
    ),
    Broken(
        "hidden label", "siqa/train-en.jsonl", lines(CHOICE | {"label": -1}), ("line 1", "hidden")
    ),
    Broken(
        "label as text",
        "siqa/train-en.jsonl",
        lines(CHOICE | {"label": "0"}),
        ("line 1", 'label is "0"', "whole number"),
    ),
    Broken(
        "nothing asked",
        "csqa/train-en.jsonl",
        lines(CHOICE | {"choices": list("abcde"), "context": "", "question": ""}),
        ("line 1", "context is empty"),
    ),
    Broken(
        "neither cause nor effect",
        "xcopa/val-th.jsonl",
        lines(COPA | {"question": "why"}),
        ("line 1", "'why'", "cause or effect"),
        "dev",
        "th",
    ),
    Broken(
        "no premise",
        "xcopa/test-qu.jsonl",
        lines({k: v for k, v in COPA.items() if k != "premise"}),
        ("line 1", "no field premise"),
        "test",
        "qu",
    ),
    Broken("SQuAD not JSON", "squad/train-v1.1.json", '{"data":\n [', ("line 2", "is not JSON")),
    Broken("SQuAD no data", "squad/train-v1.1.json", "{}", ("no list data", "answer_start")),
    Broken(
        "SQuAD no context",
        "squad/train-v1.1.json",
        squad(QA, None),
        ("data[0].paragraphs[0]", "no context"),
    ),
    Broken(
        "SQuAD no id",
        "squad/train-v1.1.json",
        squad({k: v for k, v in QA.items() if k != "id"}),
        ("qas[0]", "has no id"),
    ),
    Broken(
        "answer not at its offset",
        "squad/train-v1.1.json",
        squad(QA, "So Ann sang."),
        ("qas[0] (id q1)", "'Ann' is not at its offset 0", "first occurs at 3"),
    ),
    Broken(
        "answer nowhere",
        "squad/train-v1.1.json",
        squad(QA, "Bob sang."),
        ("id q1", "does not occur"),
    ),
    Broken(
        "answer beyond",
        "squad/train-v1.1.json",
        squad(QA | {"answers": [{"text": "Ann", "answer_start": -9}]}),
        ("id q1", "offset -9"),
    ),
    Broken(
        "answer without offset",
        "squad/train-v1.1.json",
        squad(QA | {"answers": [{"text": "Ann"}]}),
        ("answers[0]", "answer_start"),
    ),
    Broken(
        "unanswerable in SQuAD 1.1",
        "squad/train-v1.1.json",
        squad(QA | {"answers": []}),
        ("id q1", "no answer", "squad2"),
    ),
    Broken(
        "blanked answers",
        "xquad/xquad.th.json",
        squad(QA | {"answers": [{"text": "", "answer_start": 0}]}),
        ("answers is empty",),
        "test",
        "th",
    ),
    Broken(
        "question empty", "squad/train-v1.1.json", squad(QA | {"question": " "}), ("question is",)
    ),
    Broken(
        "question twice",
        "squad2/train-en.json",
        json.dumps({"data": [{"paragraphs": [{"context": "Ann sang.", "qas": [QA, QA]}]}]}),
        ("qas[1]", "occurs twice"),
    ),
    Broken("no questions", "squad/train-v1.1.json", '{"data": []}', ("holds no rows",)),
]


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.title for broken in BROKEN])
def test_a_broken_file_is_named_with_place_and_remedy(broken: Broken, put: Any, tmp_path: Path):
    path = put(broken.file, broken.content)
    task = broken.file.split("/")[0]
    with pytest.raises(UserMistake) as caught:
        FolderSource(tmp_path).load(task, broken.language, broken.split)
    message = str(caught.value)
    assert str(path) in message
    assert all(mistake.remedy for mistake in caught.value.mistakes)
    for part in broken.says:
        assert part in message


def test_there_are_enough_of_them():
    assert len(BROKEN) >= 25


def test_several_faults_come_together_and_at_most_five(put: Any, tmp_path: Path):
    """A file with a hundred faults shows the first five."""
    put("mnli/train-en.tsv", MNLI + "1\tp\th\n" * 100)
    with pytest.raises(UserMistake) as caught:
        FolderSource(tmp_path).load("mnli", "en", "train")
    assert [m.where.rsplit(", ")[-1] for m in caught.value.mistakes] == [
        f"line {n}" for n in range(2, 7)
    ]


class TestWhatIsMissing:
    def test_no_folder_at_all(self, tmp_path: Path):
        with pytest.raises(UserMistake, match="one folder a task"):
            FolderSource(tmp_path / "nowhere")

    def test_no_folder_of_the_task_says_what_is_expected(self, tmp_path: Path):
        with pytest.raises(UserMistake, match=r"expected xnli/train-<language>\.tsv, xnli/dev-"):
            FolderSource(tmp_path).load("xnli", "en", "dev")

    def test_no_file_says_which_languages_there_are(self, put: Any, tmp_path: Path):
        put("xnli/dev-en.tsv", "p\th\tneutral\n")
        with pytest.raises(UserMistake, match=r"dev-sw\.tsv(.|\n)*there is dev for en"):
            FolderSource(tmp_path).load("xnli", "sw", "dev")

    def test_a_split_the_task_does_not_have(self, put: Any, tmp_path: Path):
        put("mnli/train-en.tsv", MNLI + "1\tp\th\tneutral\n")
        with pytest.raises(UserMistake, match="mnli has no test split"):
            FolderSource(tmp_path).load("mnli", "en", "test")

    def test_a_word_that_is_no_split(self, tmp_path: Path):
        with pytest.raises(UserMistake, match="train, dev or test"):
            FolderSource(tmp_path).load("mnli", "en", "valid")

    def test_english_only_files_in_another_language(self, put: Any, tmp_path: Path):
        put("squad/dev-v1.1.json", squad(QA))
        with pytest.raises(UserMistake, match="no dev in 'de'"):
            FolderSource(tmp_path).load("squad", "de", "dev")

    def test_an_empty_half_says_why(self, put: Any, tmp_path: Path):
        """One question falls on one side; the other half has nothing."""
        put("xquad/xquad.en.json", squad(QA))
        source = FolderSource(tmp_path)
        with pytest.raises(UserMistake, match="halved"):
            source.load("xquad", "en", "dev")
            source.load("xquad", "en", "test")
