"""The cache of encoded splits: found by content, safe between processes, rebuilt when damaged."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xlt_core.data import encoding
from xlt_core.data.encoding import encoded
from xlt_core.data.folder import FolderSource
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.example import Example
from xlt_core.kinds.tagging import TAGGING
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.refs import DataRef, SourceRef

QUESTION = {"id": "1", "question": "ab?", "answers": [{"text": "cd", "answer_start": 3}]}


class UnreadableSource:
    """A source that must not be asked."""

    ref = SourceRef("folder", "gone")

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        raise AssertionError("the source was asked")

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        raise AssertionError("the source was read")

    def refer(self, task: str, language: str, split: str) -> DataRef:
        raise AssertionError("the source was parsed")


@pytest.fixture
def source(put: Any, tmp_path: Path) -> FolderSource:
    put("panx/train-en.tsv", "ab\tB-PER\nc\tO\n\nde\tO\n")
    put(
        "squad/train-v1.1.json",
        {"data": [{"paragraphs": [{"context": "ab cd ef", "qas": [QUESTION]}]}]},
    )
    put(
        "siqa/train-en.jsonl",
        json.dumps(
            {"id": "1", "context": "a", "question": "b", "choices": ["c", "d", "e"], "label": 2}
        ),
    )
    return FolderSource(tmp_path)


def same(one: EncodedSplit, other: EncodedSplit) -> bool:
    arrays = one.arrays.keys() == other.arrays.keys() and all(
        np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays
    )
    plain = ("kind", "pad", "width", "examples", "words_cut", "rows_cut")
    return arrays and all(getattr(one, name) == getattr(other, name) for name in plain)


def entries(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


@pytest.mark.parametrize("task", ["panx", "squad", "siqa"])
def test_a_hit_asks_no_source_and_gives_the_same(
    task: str, source: FolderSource, tokenizer: Any, tmp_path: Path
):
    ref = source.refer(task, "en", "train")
    first = encoded(source, ref, tokenizer, "t", 32, 8, tmp_path / "cache")
    again = encoded(UnreadableSource(), ref, tokenizer, "t", 32, 8, tmp_path / "cache")
    assert same(first, again)
    assert len(entries(tmp_path / "cache")) == 1


def test_the_key_covers_what_the_result_depends_on(
    source: FolderSource, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cache = tmp_path / "cache"
    ref = source.refer("squad", "en", "train")
    for fingerprint, length, stride in (("t", 32, 8), ("u", 32, 8), ("t", 48, 8), ("t", 32, 4)):
        encoded(source, ref, tokenizer, fingerprint, length, stride, cache)
    assert len(entries(cache)) == 4
    monkeypatch.setattr(encoding, "ENCODING", encoding.ENCODING + 1)
    encoded(source, ref, tokenizer, "t", 32, 8, cache)
    assert len(entries(cache)) == 5


def test_stride_matters_to_span_tasks_alone(source: FolderSource, tokenizer: Any, tmp_path: Path):
    ref = source.refer("panx", "en", "train")
    for stride in (4, 8):
        encoded(source, ref, tokenizer, "t", 32, stride, tmp_path / "cache")
    assert len(entries(tmp_path / "cache")) == 1


def test_changed_data_is_refused_by_name(source: FolderSource, tokenizer: Any, tmp_path: Path):
    ref = dataclasses.replace(source.refer("panx", "en", "train"), fingerprint="0" * 64)
    with pytest.raises(DataChanged, match="train of panx in en has changed"):
        encoded(source, ref, tokenizer, "t", 32, 8, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def edit(path: Path, name: str) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, name: content[name] + 1}))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("ids.npy", cut),
        ("ids.npy", flip),
        ("starts.npy", Path.unlink),
        ("manifest.json", Path.unlink),
        ("manifest.json", cut),
        ("manifest.json", lambda path: path.write_text("[]")),
        ("manifest.json", lambda path: edit(path, "words_cut")),
        ("manifest.json", lambda path: edit(path, "pad")),
        ("gold.npy", cut),
        ("gold.npy", flip),
    ],
)
def test_a_damaged_entry_is_made_again(
    name: str, damage: Any, source: FolderSource, tokenizer: Any, tmp_path: Path
):
    cache = tmp_path / "cache"
    ref = source.refer("panx", "en", "train")
    first = encoded(source, ref, tokenizer, "t", 32, 8, cache)
    whole = EncodedSplit(
        first.kind,
        first.pad,
        first.width,
        first.examples,
        {n: a.copy() for n, a in first.arrays.items()},
        first.words_cut,
    )
    (home,) = entries(cache)
    damage(home / name)
    assert same(encoded(source, ref, tokenizer, "t", 32, 8, cache), whole)
    assert same(encoded(UnreadableSource(), ref, tokenizer, "t", 32, 8, cache), whole)
    assert entries(cache) == [home]


@pytest.mark.parametrize("task", ["panx", "squad", "siqa"])
def test_the_examples_are_kept_as_they_were(
    task: str, source: FolderSource, tokenizer: Any, tmp_path: Path
):
    ref = source.refer(task, "en", "train")
    for asked in (source, UnreadableSource()):
        split = encoded(asked, ref, tokenizer, "t", 32, 8, tmp_path / "cache")
        assert split.gold() == tuple(source.load(task, "en", "train"))


def test_one_entry_in_the_place_of_another_is_not_taken_for_it(
    source: FolderSource, tokenizer: Any, tmp_path: Path
):
    cache = tmp_path / "cache"
    ref = source.refer("panx", "en", "train")
    short = encoded(source, ref, tokenizer, "t", 8, 8, cache)
    (home,) = entries(cache)
    encoded(source, ref, tokenizer, "t", 32, 8, cache)
    (other,) = set(entries(cache)) - {home}
    shutil.rmtree(home)
    shutil.copytree(other, home)
    assert encoded(source, ref, tokenizer, "t", 8, 8, cache).lengths().tolist() == (
        short.lengths().tolist()
    )


def test_nothing_is_pickled(source: FolderSource, tokenizer: Any, tmp_path: Path):
    ref = source.refer("squad", "en", "train")
    encoded(source, ref, tokenizer, "t", 32, 8, tmp_path / "cache")
    kept = {path.stem: path for path in (tmp_path / "cache").rglob("*.npy")}
    assert {"ids", "starts", "labels", "offsets", "gold"} <= kept.keys()
    for name, path in kept.items():
        assert np.issubdtype(np.load(path, allow_pickle=False).dtype, np.number), name
    assert {path.suffix for path in (tmp_path / "cache").rglob("*.*")} == {".npy", ".json"}


def test_many_at_once_leave_one_good_entry(source: FolderSource, tokenizer: Any, tmp_path: Path):
    cache = tmp_path / "cache"
    split = encoding.encode(TAGGING, source.load("panx", "en", "train"), tokenizer, 32, 8)
    home = cache / "entry"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: encoding._publish(split, home), range(16)))
    found = encoding._open(home)
    assert found is not None
    assert same(found, split)
    assert entries(cache) == [home]
