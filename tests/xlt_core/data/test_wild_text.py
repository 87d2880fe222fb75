"""Text as it is in the wild: read rightly, or a mistake with its place. Never read otherwise.

Neighbours: `test_quoting` for tables, `test_sentences` for tagged words, `test_labels`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.tasks import all_tasks
from xlt_core.vocabulary.errors import UserMistake

CSV = re.compile(r'"[^"]+""[^"]+""[^"]*"')
CHOICE = {"id": "1", "context": "c", "question": "q", "choices": ["a", "b", "c"], "label": 0}


class TestBytes:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ("p\th\tneutral\ncaf\xe9\th\tneutral\n".encode("cp1252"), "line 2: is not UTF-8"),
            ("p\th\tneutral\n".encode("utf-16-le"), "line 1: holds a NUL byte"),
            (b"p\th\tneutral\n\0\0\0", "line 2: holds a NUL byte"),
            (b"p\th\tneutral\n\xed\xa0\xbd\th\tneutral\n", "line 2: is not UTF-8"),
        ],
    )
    def test_other_encodings_and_damage(self, content: bytes, says: str, put: Any, tmp_path: Path):
        put("xnli/dev-en.tsv", content)
        with pytest.raises(UserMistake, match=f"dev-en.tsv, {says}"):
            FolderSource(tmp_path).load("xnli", "en", "dev")


QA = {"id": "1", "question": "q", "answers": [{"text": "a", "answer_start": 0}]}
COPA = {"premise": "p", "choice1": "a", "choice2": "b", "question": "cause", "label": 0, "idx": 0}
SQUAD: dict[str, Any] = {"context": "a b", "qas": [QA]}


@pytest.mark.parametrize("bad", ["\ud83d", "a\udc00b", "\0"], ids=["high", "low", "NUL"])
class TestJsonThatIsNoText:
    """JSON can write half a surrogate pair, and NUL; no file of text can hold them."""

    @pytest.mark.parametrize("name", ["id", "context", "question", "choices"])
    def test_choices(self, bad: str, name: str, put: Any, tmp_path: Path):
        value: Any = ["a", bad, "c"] if name == "choices" else bad
        path = put(
            "siqa/dev-en.jsonl", json.dumps(CHOICE) + "\n" + json.dumps({**CHOICE, name: value})
        )
        with pytest.raises(UserMistake, match=f"{path.name}, line 2: {name.removesuffix('s')}"):
            FolderSource(tmp_path).load("siqa", "en", "dev")

    @pytest.mark.parametrize("name", ["premise", "choice1", "choice2", "question"])
    def test_copa(self, bad: str, name: str, put: Any, tmp_path: Path):
        put("xcopa/val-et.jsonl", json.dumps({**COPA, name: bad}))
        with pytest.raises(UserMistake, match=r"val-et.jsonl, line 1"):
            FolderSource(tmp_path).load("xcopa", "et", "dev")

    @pytest.mark.parametrize("name", ["id", "question", "context", "answers"])
    def test_questions_on_a_context(self, bad: str, name: str, put: Any, tmp_path: Path):
        value: Any = [{"text": bad, "answer_start": 0}] if name == "answers" else bad
        paragraph = SQUAD | (
            {"context": bad} if name == "context" else {"qas": [{**QA, name: value}]}
        )
        put("squad/dev-v1.1.json", {"data": [{"paragraphs": [paragraph]}]})
        with pytest.raises(UserMistake, match=r"dev-v1.1.json, data\[0\].paragraphs\[0\].qas\[0\]"):
            FolderSource(tmp_path).load("squad", "en", "dev")


def test_json_may_escape_whole_pairs(put: Any, tmp_path: Path):
    put("siqa/dev-en.jsonl", json.dumps(CHOICE | {"context": "\U0001f600"}))
    (row,) = FolderSource(tmp_path).load("siqa", "en", "dev")
    assert row.context == "\U0001f600"  # type: ignore[union-attr]


@pytest.mark.parametrize(("task", "file"), [("siqa", "dev-en.jsonl"), ("squad", "dev-v1.1.json")])
def test_json_nested_without_end_is_a_mistake(task: str, file: str, put: Any, tmp_path: Path):
    put(f"{task}/{file}", "[" * 200_000)
    with pytest.raises(UserMistake, match="line 1: is not JSON"):
        FolderSource(tmp_path).load(task, "en", "dev")


@pytest.mark.parametrize("question", ["Cause", " cause", "CAUSE\n"])
@pytest.mark.parametrize("task", ["copa", "xcopa"])
class TestCauseAndEffect:
    """The encoder puts these words into a sentence, and no others."""

    def test_in_a_folder(self, task: str, question: str, put: Any, tmp_path: Path):
        row = CHOICE | COPA | {"choices": ["a", "b"], "question": question}
        put(f"{task}/test-en.jsonl", json.dumps(row))
        (found,) = FolderSource(tmp_path).load(task, "en", "test")
        assert found.question == "cause"  # type: ignore[union-attr]

    def test_on_the_hub(self, task: str, question: str, hub_rows: Any):
        assert hub_rows(
            task, {name: [value] for name, value in COPA.items()} | {"question": [question]}
        ) == [["p", "cause", ["a", "b"], 0]]

    def test_another_question_is_a_mistake(
        self, task: str, question: str, put: Any, tmp_path: Path
    ):
        row = CHOICE | COPA | {"choices": ["a", "b"], "question": question + "s"}
        put(f"{task}/test-en.jsonl", json.dumps(row))
        with pytest.raises(UserMistake, match=r"line 1: question is '.*'\n.*write cause or effect"):
            FolderSource(tmp_path).load(task, "en", "test")


class TestHubRowsWithoutText:
    """A column may hold nothing, or something else, where a text belongs."""

    @pytest.mark.parametrize(
        ("task", "columns"),
        [
            ("mnli", {"premise": [1], "hypothesis": ["h"], "label": [0]}),
            ("copa", {name: [value] for name, value in COPA.items()} | {"choice2": [None]}),
            ("copa", {name: [value] for name, value in COPA.items()} | {"question": [None]}),
            ("hellaswag", {"ind": [4], "ctx": ["c"], "endings": [["a", None]], "label": ["0"]}),
            ("panx", {"tokens": [["a", None]], "ner_tags": [[0, 0]]}),
            (
                "squad",
                {
                    "id": ["1"],
                    "context": [None],
                    "question": ["q"],
                    "answers": [{"text": ["a"], "answer_start": [0]}],
                },
            ),
        ],
    )
    def test_is_a_mistake_with_its_row(self, task: str, columns: dict[str, Any], hub_rows: Any):
        with pytest.raises(UserMistake, match=r"someone/data, row 0: .* is no text"):
            hub_rows(task, columns)


# Quoted twice upstream: once unquoted, its marks are still doubled.
TWICE = {("sib200", "te", "dev", "1186")}


@pytest.mark.shared
@pytest.mark.parametrize("task", [task.name for task in all_tasks()])
def test_real_files_are_read_and_no_text_keeps_the_marks_of_csv(task: str, shared_data: Path):
    """Of SIB-200, 31 files are quoted; all others are plain, and many texts begin with a mark."""
    source = FolderSource(shared_data)
    quoted = {
        (task, language, split, row.id)
        for split in ("train", "dev", "test")
        for language in source.languages(task, split)
        for row in source.load(task, language, split)
        if any(isinstance(text, str) and CSV.fullmatch(text) for text in row.content())
    }
    assert quoted == {row for row in TWICE if row[0] == task}
