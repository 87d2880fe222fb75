"""Tagged words as they are in the wild: read rightly, or a mistake with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture
def sentences(put: Any, tmp_path: Path) -> Any:
    """Words and named tags read from a file of panx, given as text."""

    def read(content: str, task: str = "panx") -> list[list[tuple[str, str]]]:
        put(f"{task}/dev-en.tsv", content)
        labels = get_task(task).labels
        return [
            [(word, labels[tag]) for word, tag in zip(row.words, row.tags, strict=True)]  # type: ignore[union-attr]
            for row in FolderSource(tmp_path).load(task, "en", "dev")
        ]

    return read


class TestWordsWithTheirLanguage:
    """WikiANN's own files have `en:Ann` where XTREME's have `Ann`."""

    RAW = "en:Ann\tB-PER\nen:sang\tO\n\nen::\tO\n"

    def test_it_is_taken_off(self, sentences: Any):
        assert sentences(self.RAW) == [[("Ann", "B-PER"), ("sang", "O")], [(":", "O")]]

    def test_on_the_hub_too(self, hub_rows: Any):
        columns = {"tokens": [["zh-yue:Ann", "zh-yue:a"], ["zh-yue:b"]], "ner_tags": [[1, 0], [0]]}
        assert hub_rows("panx", columns) == [[["Ann", "a"], [1, 0]], [["b"], [0]]]

    def test_words_with_a_colon_are_words(self, sentences: Any):
        content = "tv:stä\tO\nry:n\tO\n\nen:wiki\tO\nen:a\tO\n\na\tO\n"
        assert sentences(content) == [
            [("tv:stä", "O"), ("ry:n", "O")],
            [("en:wiki", "O"), ("en:a", "O")],
            [("a", "O")],
        ]

    def test_in_part_it_is_a_mistake(self, sentences: Any):
        with pytest.raises(UserMistake, match=r"dev-en.tsv, line 4: every word of the sentence"):
            sentences("Ann\tB-PER\nsang\tO\n\nen:Ann\tB-PER\nen:sang\tO\nen:.\tO\n")

    def test_without_a_word_it_is_a_mistake(self, sentences: Any):
        with pytest.raises(UserMistake, match="line 2: is a language without a word"):
            sentences("en:Ann\tB-PER\nen:\tO\n")


class TestWithheldText:
    WORDS = "_\tNOUN\n_\tVERB\n"

    def test_in_a_file_it_is_a_mistake(self, sentences: Any):
        with pytest.raises(UserMistake, match=r"line 4: (.|\n)*withheld by licence"):
            sentences("a\tDET\n_\tNOUN\n\n" + self.WORDS, "udpos")

    def test_on_the_hub_it_is_left_out(self, hub_rows: Any):
        columns = {"tokens": [["_", "_"], ["a", "_"]], "ner_tags": [[1, 0], [0, 0]]}
        assert hub_rows("panx", columns) == [[["a", "_"], [0, 0]]]

    def test_nothing_left_is_a_mistake(self, hub_rows: Any):
        with pytest.raises(UserMistake, match="holds no rows"):
            hub_rows("panx", {"tokens": [["_", "_"]], "ner_tags": [[0, 0]]})


class TestTaggedSentences:
    def test_lines_of_space_and_between_documents_end_a_sentence(self, sentences: Any):
        content = "-DOCSTART-\tO\n\na\tO\n \nb\tO\n-DOCSTART- -X- -X- O\nc\tO\n\u3000\nd\tO\n"
        assert sentences(content) == [[(word, "O")] for word in "abcd"]

    def test_words_may_hold_space_of_any_kind(self, sentences: Any):
        words = ["10 000", "a\u00a0b", "\u3000", "\u200b", "\ufeff", "\u2028", "\x85", "\u00ad"]
        found = sentences("".join(f"{word}\tO\n" for word in words))
        assert [word for word, _ in found[0]] == words

    def test_spaces_around_words_and_tags_are_none(self, sentences: Any):
        assert sentences(" Ann \tB-PER \nsang\to\n") == [[("Ann", "B-PER"), ("sang", "O")]]

    def test_quoted_words(self, sentences: Any):
        assert sentences('""""\tPUNCT\nHe\tPRON\n', "udpos") == [[('"', "PUNCT"), ("He", "PRON")]]

    def test_plain_words_with_marks(self, sentences: Any):
        words = ['"', 'ש"ח', '""', '""""', '"a']
        found = sentences("".join(f"{word}\tO\n" for word in words))
        assert [word for word, _ in found[0]] == words

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ("1\tdu\tADP\n", "line 1: is"),
            ("# text = du\n", "line 1: is"),
            ("a\tX\n1-2\tdu\t_\n", "line 2: is"),
            ("du\t_\n", "line 1: tag '_'"),
            ("words\ttags\na\tX\n", "line 1: tag 'tags'"),
            ("a\tX\n\t\nb\tX\n", "line 2: is"),
            ("a\tX\n\tX\n", "line 2: is"),
        ],
    )
    def test_other_layouts_are_mistakes(self, content: str, says: str, sentences: Any):
        with pytest.raises(UserMistake, match=f"dev-en.tsv, {says}"):
            sentences(content, "udpos")


class TestIob1:
    """There `B-` stands only between two entities of one type that touch."""

    def test_a_file_of_it_is_read_as_iob2(self, sentences: Any):
        content = "a\tI-PER\nb\tI-PER\nc\tB-PER\nd\tI-ORG\ne\tO\n\nf\tI-LOC\n"
        assert [[tag for _, tag in found] for found in sentences(content)] == [
            ["B-PER", "I-PER", "B-PER", "B-ORG", "O"],
            ["B-LOC"],
        ]

    def test_iob2_with_slips_stays_as_it_is(self, sentences: Any):
        """Official PAN-X has some (`#` `O`, then `I-ORG`); the metric counts them as it does."""
        content = "a\tB-PER\nb\tO\nc\tI-ORG\n"
        assert [tag for _, tag in sentences(content)[0]] == ["B-PER", "O", "I-ORG"]

    def test_on_the_hub_too(self, hub_rows: Any):
        assert hub_rows("panx", {"tokens": [["a", "b"]], "ner_tags": [[2, 2]]}) == [
            [["a", "b"], [1, 2]]
        ]
