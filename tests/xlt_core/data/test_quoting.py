"""Tab-separated files, quoted as CSV is or plain: told by the file, or a mistake with its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture
def texts(put: Any, tmp_path: Path) -> Any:
    """The texts read from a file of xnli rows, given as text."""

    def read(content: str) -> list[tuple[str, str | None]]:
        put("xnli/dev-en.tsv", content)
        found = FolderSource(tmp_path).load("xnli", "en", "dev")
        return [(row.first, row.second) for row in found]  # type: ignore[union-attr]

    return read


PAIRS = [
    ('He said "no".', "He\trefused."),
    ('"Yes, sir"', "line\none"),
    ("plain", 'a "" b'),
    ('"', '""'),
    ("", "h"),
]


class TestQuotedTables:
    @pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    @pytest.mark.parametrize("pairs", [PAIRS[:4], PAIRS[:1], PAIRS[3:4], [("a", "b\tc")]])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_what_a_writer_of_csv_wrote_is_what_is_read(
        self, quoting: Any, pairs: list[tuple[str, str]], end: str, texts: Any
    ):
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter="\t", quoting=quoting, lineterminator=end)
        writer.writerows((first, second, "neutral") for first, second in pairs)
        assert texts(buffer.getvalue()) == pairs

    def test_all_quoted_without_a_mark_within(self, texts: Any):
        assert texts('"a"\t"b, c"\t"neutral"\n"d"\t"e"\t"neutral"\n') == [("a", "b, c"), ("d", "e")]

    def test_lines_are_counted_as_they_lie_in_the_file(self, texts: Any):
        with pytest.raises(UserMistake, match="line 4: label 'maybe'"):
            texts('"a ""b"""\t"two\nlines"\tneutral\n\np\th\tmaybe\n')

    def test_a_quoted_empty_text_is_empty(self, texts: Any):
        with pytest.raises(UserMistake, match="line 2: premise is empty"):
            texts('"a ""b"""\th\tneutral\n""\th\tneutral\n')

    def test_the_header_may_be_quoted(self, put: Any, tmp_path: Path):
        put("mnli/dev-en.tsv", '"id"\t"premise"\t"hypothesis"\t"label"\n1\t"a"\t"b"\t"neutral"\n')
        (row,) = FolderSource(tmp_path).load("mnli", "en", "dev")
        assert (row.first, row.second) == ("a", "b")  # type: ignore[union-attr]


class TestPlainTables:
    @pytest.mark.parametrize(
        "pair",
        [
            ('"St." stands for "Saint."', "h"),
            ('"Yes," he said.', "h"),
            ('He said "yes"', "h"),
            ('"" Protokol "', "h"),
            ('say ""cheese""', "h"),
            ('""""', 'a " b'),
            ("don't", '5" wide'),
        ],
    )
    def test_marks_belong_to_the_text(self, pair: tuple[str, str], texts: Any):
        assert texts(f"{pair[0]}\t{pair[1]}\tneutral\n") == [pair]

    def test_a_sentence_within_marks_is_one(self, texts: Any):
        """Who quotes by need has no need here, and who quotes all would have quoted the next."""
        content = '"I hate myself"\th\tneutral\nYes, I do\th\tneutral\n'
        assert texts(content) == [('"I hate myself"', "h"), ("Yes, I do", "h")]

    def test_marks_lines_apart_swallow_nothing(self, texts: Any):
        content = '"Hello\th\tneutral\np\th\tneutral\np\tBye"\tneutral\n'
        assert texts(content) == [('"Hello', "h"), ("p", "h"), ("p", 'Bye"')]


class TestNobodyCanTell:
    def test_quoted_in_part(self, texts: Any):
        with pytest.raises(
            UserMistake, match=r"dev-en\.tsv, line 2: is quoted.*, but line 1 is not"
        ):
            texts('"Yes," he said\th\tneutral\n"He said ""no""."\th\tneutral\n')

    def test_a_quote_that_does_not_end(self, texts: Any):
        with pytest.raises(UserMistake, match=r"line 1: is quoted as CSV is(.|\n)*line 2 is not"):
            texts('"He said ""no""."\th\tneutral\n"half\th\tneutral\n')

    def test_marks_around_just_those_with_a_comma(self, texts: Any):
        with pytest.raises(UserMistake, match=r"line 2: (.|\n)*spreadsheet"):
            texts('p\th\tneutral\n"Yes, sir"\th\tneutral\n')
        assert texts('p\th\tneutral\n"""Yes, sir"""\th\tneutral\n')[1] == ('"Yes, sir"', "h")


class TestTables:
    def test_a_row_of_nothing_is_no_empty_line(self, texts: Any):
        """Dropped, it would shift the rows of one language against another's."""
        with pytest.raises(UserMistake, match="line 2: label '' is"):
            texts("p\th\tneutral\n\t\t\nq\th\tneutral\n")

    def test_empty_lines_may_hold_spaces(self, texts: Any):
        assert texts("p\th\tneutral\n  \n\u3000\nq\th\tneutral\n\n") == [("p", "h"), ("q", "h")]

    def test_labels_may_have_spaces_and_another_case(self, texts: Any):
        assert texts("p\th\tNeutral \n") == [("p", "h")]

    def test_characters_that_look_like_line_ends_or_space_are_text(self, texts: Any):
        pair = ("a\u2028b\x85c\x0bd", "\u200be\u00a0\u3000f\ufeff")
        assert texts(f"{pair[0]}\t{pair[1]}\tneutral\n") == [pair]
