"""JSON lines: whatever characters a text holds, what was written is read back, line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xlt_core.evaluation.evaluate import read_predictions, write_predictions
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.store.executions import executions, record_execution
from xlt_core.store.place import open_backend
from xlt_core.tasks import get_task
from xlt_core.vocabulary.event_lines import from_line, to_line
from xlt_core.vocabulary.events import Message
from xlt_core.vocabulary.lines import first_line, harmless, in_short, json_line, lines_of

# Every character at which `str.splitlines` ends a line; among them U+0085, U+2028 and U+2029.
LINE_ENDS = [c for c in map(chr, range(0x3000)) if len(f"a{c}b".splitlines()) > 1]
each_line_end = pytest.mark.parametrize("end", LINE_ENDS, ids=lambda c: f"U+{ord(c):04X}")


def test_there_are_more_line_ends_than_one():
    assert {"\n", "\r", "\x85", "\u2028", "\u2029"} < set(LINE_ENDS)


@each_line_end
class TestReadBack:
    """Whoever reads lines reads what was written: two records, with the character in both."""

    def test_lines(self, end: str):
        values = [f"a{end}b", {f"k{end}": [end]}]
        text = "".join(f"{json_line(value)}\n" for value in values)
        assert [json.loads(line) for line in lines_of(text)] == values

    def test_predictions(self, end: str, tmp_path: Path):
        examples: list[Any] = [
            SpanExample(f"{n}{end}", "c", "q", ((f"a{end}b", 0),)) for n in range(2)
        ]
        path = tmp_path / "predictions.jsonl.zst"
        write_predictions(path, examples, [f"a{end}", f"{end}b"], get_task("squad"))
        assert [row["prediction"] for row in read_predictions(path)] == [f"a{end}", f"{end}b"]

    def test_the_book_of_executions(self, end: str, tmp_path: Path):
        backend = open_backend(str(tmp_path), None)
        entries = [{"key": str(n), "host": f"a{end}b"} for n in range(2)]
        for entry in entries:
            record_execution(backend, entry)
        assert executions(backend) == entries


class TestWhatUtf8HasNot:
    """Half a surrogate pair: a file name that is no UTF-8 ends so in an error message."""

    def test_is_written_as_json_escapes_it_and_read_back(self):
        line = json_line({"error": "no file b\udcff.tsv 漢"})
        assert line.encode("utf-8").decode("utf-8") == line
        assert "漢" in line
        assert json.loads(line) == {"error": "no file b\udcff.tsv 漢"}

    def test_can_stand_in_an_event_and_in_a_prediction(self, tmp_path: Path):
        event = Message("\udcff", at=1.0)
        assert from_line(to_line(event).encode().decode()) == event
        path = tmp_path / "predictions.jsonl.zst"
        write_predictions(
            path, [ClassificationExample("\udcff", "p", "h", 0)], [0], get_task("mnli")
        )
        assert [row["id"] for row in read_predictions(path)] == ["\udcff"]


def test_crlf_and_empty_lines_are_no_part_of_a_record():
    assert list(lines_of('{"a": 1}\r\n\n{"b": 2}\n')) == ['{"a": 1}', '{"b": 2}']


class TestFirstLine:
    """`first_line`, of an error or a text."""

    @pytest.mark.parametrize(
        ("said", "line"),
        [
            (ValueError("a\nb"), "a"),
            (ValueError("\n  \n b \nc"), "b"),
            (ValueError(""), "ValueError"),
            (ValueError("\n"), "ValueError"),
            (ValueError(), "ValueError"),
            (KeyError("a"), "'a'"),
            ("a\r\nb", "a"),
            ("a\u2028b\nc", "a\u2028b"),
            ("", ""),
            (" \n", ""),
        ],
    )
    def test_is_the_first_that_says_anything(self, said: object, line: str):
        assert first_line(said) == line


@pytest.mark.parametrize(
    ("said", "short"),
    [
        (ValueError("all of it\nand more"), "all of it"),
        ("one two three four", "one two …"),
        ("x" * 40, "x" * 10 + " …"),
        (ValueError(), "ValueError"),
        ("", ""),
    ],
)
def test_a_long_message_is_cut_after_a_word(said, short):
    assert in_short(said, 12) == short
    assert len(short) <= 12


def test_no_text_steers_a_terminal():
    """An error may hold what a program printed, colours and all."""
    assert harmless("\x1b[31mred\x1b[0m\a\r\n\tpäng\x9b") == "�[31mred�[0m��\n\tpäng�"
