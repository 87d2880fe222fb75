"""The journal on a disk that is full, away, or not there yet."""

from __future__ import annotations

import os

import pytest

from sweeps.execution.journal import Journal
from sweeps.spec.files import LocalFiles
from tests.faults.small_disk import ballast, small_disk
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.event_lines import from_line
from xlt_core.vocabulary.events import Event, Message

__all__ = ["small_disk"]


def message(text: str) -> Event:
    return Message(text)


def texts(path) -> list[str]:
    return [from_line(line).text for line in path.read_text().split("\n") if line]


def test_appends_to_what_is_there(tmp_path):
    """One line an event, after those of an earlier driver."""
    path = tmp_path / "events.jsonl"
    for text in ("first", "second"):
        journal = Journal(LocalFiles(path.parent), path.name)
        journal.write(message(text))
        journal.close()
    assert texts(path) == ["first", "second"]


def test_a_place_that_comes_back(tmp_path):
    """What could not be written is written as soon as it can be, in order."""
    folder = tmp_path / "mount"
    journal = Journal(LocalFiles(folder), "events.jsonl")
    for number in range(3):
        journal.write(message(f"m{number}"))
    assert journal.flush() == 3
    folder.mkdir()
    journal.write(message("m3"))
    assert journal.flush() == 0
    assert texts(folder / "events.jsonl") == ["m0", "m1", "m2", "m3"]


def test_text_that_is_no_unicode(tmp_path):
    """A lone surrogate, as a file name may hold one, is written down somehow."""
    journal = Journal(LocalFiles(tmp_path), "events.jsonl")
    journal.write(message("\udcff"))
    assert journal.flush() == 0
    assert len(texts(tmp_path / "events.jsonl")) == 1


@pytest.mark.fault
def test_a_full_disk(small_disk):
    """No half line is left, nothing is raised, and nothing is lost once there is room."""
    path = small_disk / "events.jsonl"
    journal = Journal(LocalFiles(path.parent), path.name)
    journal.write(message("before"))
    with ballast(small_disk):
        for number in range(5):
            journal.write(message(f"{number} " + "x" * os.sysconf("SC_PAGE_SIZE")))
        waiting = journal.flush()
        assert 0 < waiting <= 5
        assert len(texts(path)) == 6 - waiting
    assert journal.flush() == 0
    assert [text.split()[0] for text in texts(path)] == ["before", "0", "1", "2", "3", "4"]


class Refusing:
    """A text at a service that refuses for a while, in words of its own."""

    def __init__(self, files, error) -> None:
        self._files, self.error = files, error

    def append(self, data) -> None:
        if self.error is not None:
            raise self.error
        self._files.appender("events.jsonl").append(data)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "error",
    [
        OSError("away"),
        ValueError("no such mode"),
        UserMistake(Mistake("s3://bucket", "no credentials", "give them")),
    ],
    ids=["a fault", "an answer", "a mistake"],
)
def test_whatever_a_service_says_no_line_is_lost(tmp_path, error):
    """Nor is anything raised: a sweep goes on without its journal."""
    files = LocalFiles(tmp_path)
    text = Refusing(files, error)
    journal = Journal(files, "events.jsonl")
    journal._text = text
    journal.write(message("one"))
    assert journal.flush() == 1
    text.error = None
    assert journal.flush() == 0
    assert texts(tmp_path / "events.jsonl") == ["one"]
