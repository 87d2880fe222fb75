"""The folder source: what is read, in what order, and what counts as the same data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data import open_source
from xlt_core.data.folder import FolderSource
from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import SourceRef

MNLI = "id\tpremise\thypothesis\tlabel\n"


def copa(idx: int, question: str, premise: str = "p") -> str:
    row = {"premise": premise, "choice1": "a", "choice2": "b", "question": question}
    return json.dumps(row | {"label": 1, "idx": idx}) + "\n"


class TestForms:
    def test_table_with_header(self, put: Any, tmp_path: Path):
        put("mnli/train-en.tsv", MNLI + 'x7\tHe "said" so\tSo\tneutral\n')
        assert FolderSource(tmp_path).load("mnli", "en", "train") == (
            ClassificationExample("x7", 'He "said" so', "So", 1),
        )

    def test_table_without_header(self, put: Any, tmp_path: Path):
        put("xnli/dev-sw.tsv", "a\tb\tcontradictory\nc\td\tentailment\n")
        found = FolderSource(tmp_path).load("xnli", "sw", "dev")
        assert [(row.id, row.label) for row in found] == [("1", 2), ("2", 0)]

    def test_one_text(self, put: Any, tmp_path: Path):
        put("sib200/train-yo.tsv", "id\ttext\tlabel\n5\tẸ kú\ttravel\n")
        (row,) = FolderSource(tmp_path).load("sib200", "yo", "train")
        assert (row.first, row.second, row.label) == ("Ẹ kú", None, 1)

    def test_tags_with_and_without_a_last_empty_line(self, put: Any, tmp_path: Path):
        put("panx/train-en.tsv", "Ann\tB-PER\nsang\tO\n\n\nHi\tO")
        assert FolderSource(tmp_path).load("panx", "en", "train") == (
            TaggingExample("0", ("Ann", "sang"), (1, 0)),
            TaggingExample("1", ("Hi",), (0,)),
        )

    def test_invisible_words_are_words(self, put: Any, tmp_path: Path):
        put("panx/dev-fa.tsv", "\u200b\tO\n\u2028\tO\n")
        (row,) = FolderSource(tmp_path).load("panx", "fa", "dev")
        assert row.words == ("\u200b", "\u2028")

    def test_choices(self, put: Any, tmp_path: Path):
        row = {"id": "7", "context": "", "question": "q", "choices": list("abcde"), "label": 4}
        put("csqa/dev-en.jsonl", json.dumps(row))
        assert FolderSource(tmp_path).load("csqa", "en", "dev") == (
            ChoiceExample("7", "", "q", tuple("abcde"), 4),
        )

    def test_unanswerable_questions_have_no_answers(self, put: Any, tmp_path: Path):
        qas = [
            {"id": "1", "question": "q", "answers": [], "is_impossible": True},
            {"id": "2", "question": "q", "answers": [{"text": "b", "answer_start": 2}] * 2},
        ]
        put("squad2/dev-en.json", {"data": [{"paragraphs": [{"context": "a b", "qas": qas}]}]})
        assert FolderSource(tmp_path).load("squad2", "en", "dev") == (
            SpanExample("1", "a b", "q", ()),
            SpanExample("2", "a b", "q", (("b", 2),)),
        )

    def test_byte_order_mark_and_crlf_change_nothing(self, put: Any, tmp_path: Path):
        put("mnli/train-en.tsv", MNLI + "1\tp\th\tneutral\n")
        put("mnli/dev-en.tsv", ("\ufeff" + MNLI + "1\tp\th\tneutral\n").replace("\n", "\r\n"))
        source = FolderSource(tmp_path)
        assert source.load("mnli", "en", "train") == source.load("mnli", "en", "dev")


class TestXcopaQuestions:
    """The `question` of some translated rows is wrong upstream."""

    def test_the_english_row_of_the_same_idx_has_the_right_one(self, put: Any, tmp_path: Path):
        put("xcopa/val-en.jsonl", copa(1, "effect") + copa(0, "cause"))
        put("xcopa/val-th.jsonl", copa(0, "effect") + copa(1, "effect") + copa(2, "cause"))
        found = FolderSource(tmp_path).load("xcopa", "th", "dev")
        assert [row.question for row in found] == ["cause", "effect", "cause"]

    def test_estonian_will_do_where_english_is_missing(self, put: Any, tmp_path: Path):
        put("xcopa/test-et.jsonl", copa(0, "cause"))
        put("xcopa/test-th.jsonl", copa(0, "effect"))
        assert FolderSource(tmp_path).load("xcopa", "th", "test")[0].question == "cause"

    def test_alone_it_keeps_its_own(self, put: Any, tmp_path: Path):
        put("xcopa/test-vi.jsonl", copa(0, "effect"))
        assert FolderSource(tmp_path).load("xcopa", "vi", "test")[0].question == "effect"

    @pytest.mark.parametrize("language", ["id", "it", "sw", "th", "tr"])
    def test_alone_an_effect_is_refused_where_some_are_wrong_upstream(
        self, language: str, put: Any, tmp_path: Path
    ):
        path = put(f"xcopa/test-{language}.jsonl", copa(0, "cause") + copa(1, "effect"))
        with pytest.raises(UserMistake) as caught:
            FolderSource(tmp_path).load("xcopa", language, "test")
        (mistake,) = caught.value.mistakes
        assert mistake.where == f"{path}, line 2"
        assert "in doubt" in mistake.what
        put("xcopa/test-zh.jsonl", copa(1, "cause"))
        found = FolderSource(tmp_path).load("xcopa", language, "test")
        assert [row.question for row in found] == ["cause", "cause"]

    def test_a_fault_of_the_file_it_comes_from_is_named(self, put: Any, tmp_path: Path):
        path = put("xcopa/test-en.jsonl", copa(0, "cause") + copa(0, "effect") + copa(1, "why"))
        put("xcopa/test-th.jsonl", copa(0, "effect"))
        with pytest.raises(UserMistake) as caught:
            FolderSource(tmp_path).load("xcopa", "th", "test")
        places = [mistake.where for mistake in caught.value.mistakes]
        assert places == [f"{path}, line 2", f"{path}, line 3"]


class TestLanguages:
    def test_those_with_a_file(self, put: Any, tmp_path: Path):
        for name in ("dev-sw", "dev-en", "test-th", "dev-SW", "dev-en.old"):
            put(f"xnli/{name}.tsv", "p\th\tneutral\n")
        source = FolderSource(tmp_path)
        assert source.languages("xnli", "dev") == ("en", "sw")
        assert source.languages("xnli", "train") == ()
        assert source.languages("panx", "dev") == ()

    def test_a_halved_task_has_dev_where_it_has_test(self, put: Any, tmp_path: Path):
        put("xquad/xquad.th.json", {})
        source = FolderSource(tmp_path)
        assert source.languages("xquad", "dev") == source.languages("xquad", "test") == ("th",)


class TestRefer:
    def test_content_counts_and_neither_path_nor_ids_do(self, put: Any, tmp_path: Path):
        put("one/mnli/train-en.tsv", MNLI + "1\tp\th\tneutral\n")
        put("two/mnli/train-en.tsv", MNLI + "9\tp\th\tneutral\n")
        one, two = (
            FolderSource(tmp_path / name).refer("mnli", "en", "train") for name in ("one", "two")
        )
        assert one == two
        assert one.rows == 1

    def test_order_and_labels_count(self, put: Any, tmp_path: Path):
        rows = ["1\tp\th\tneutral\n", "2\tq\th\tneutral\n"]
        put("a/mnli/train-en.tsv", MNLI + "".join(rows))
        put("b/mnli/train-en.tsv", MNLI + "".join(reversed(rows)))
        put("c/mnli/train-en.tsv", MNLI + "".join(rows).replace("neutral", "entailment"))
        prints = {
            FolderSource(tmp_path / name).refer("mnli", "en", "train").fingerprint for name in "abc"
        }
        assert len(prints) == 3

    def test_a_changed_file_is_read_again_and_only_then(self, put: Any, tmp_path: Path):
        path = put("mnli/train-en.tsv", MNLI + "1\tp\th\tneutral\n")
        source = FolderSource(tmp_path)
        before = source.refer("mnli", "en", "train")
        assert source.load("mnli", "en", "train") is source.load("mnli", "en", "train")
        put("mnli/train-en.tsv", MNLI + "1\tq\th\tneutral\n")
        os.utime(path, ns=(1, 1))
        assert source.refer("mnli", "en", "train") != before

    def test_the_same_ref_opens_the_same_source(self, tmp_path: Path):
        ref = SourceRef("folder", str(tmp_path))
        assert open_source(ref) is open_source(ref)
        assert open_source(ref).ref == ref
