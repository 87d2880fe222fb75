"""Measured overlap: rows of an intermediate task whose text a target is scored on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlt_core.data.folder import FolderSource
from xlt_core.data.overlap import measured_overlap
from xlt_core.vocabulary.plan import Member

MNLI = "id\tpremise\thypothesis\tlabel\n"
LONG = "The quick brown fox jumps over the lazy dog."


def test_rows_with_a_shared_text_are_counted(put: Any, tmp_path: Path):
    put(
        "mnli/train-en.tsv",
        MNLI + f"1\t{LONG}\th\tneutral\n2\tp\t{LONG}\tneutral\n"
        "3\tShort.\th\tneutral\n4\tp\th\tneutral\n",
    )
    put("xnli/test-en.tsv", f"the  QUICK brown{LONG[15:]}\tShort.\tneutral\n")
    found = measured_overlap(FolderSource(tmp_path), Member("mnli"), "xnli", ("en", "sw"))
    assert (found.rows, found.share) == (2, 0.5)
    assert found.example == LONG.lower()


def test_none_is_none(put: Any, tmp_path: Path):
    put("mnli/train-en.tsv", MNLI + f"1\t{LONG}\th\tneutral\n")
    put("xnli/test-en.tsv", "p\th\tneutral\n")
    found = measured_overlap(FolderSource(tmp_path), Member("mnli"), "xnli", ("en",))
    assert (found.rows, found.share, found.example) == (0, 0.0, "")


def test_languages_not_asked_for_do_not_count(put: Any, tmp_path: Path):
    put("panx/train-ru.tsv", "".join(f"{word}\tO\n" for word in LONG.split()))
    put("udpos/dev-en.tsv", "".join(f"{word}\tX\n" for word in LONG.split()))
    source = FolderSource(tmp_path)
    member = Member("panx", "ru")
    assert measured_overlap(source, member, "udpos", ("ru",)).rows == 0
    assert measured_overlap(source, member, "udpos", ("en",)).rows == 1
