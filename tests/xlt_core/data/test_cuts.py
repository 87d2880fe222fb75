"""Counting rows that are too long: exact where the cache knows or the split is small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data.cuts import Cuts, count_cuts, evenly_spaced
from xlt_core.data.encoding import encoded
from xlt_core.data.folder import FolderSource

ROWS = 40
LONG = 10  # rows of a hundred letters, the others have two


@pytest.fixture
def source(put: Callable[..., Path], tmp_path: Path) -> FolderSource:
    header = "id\tpremise\thypothesis\tlabel"
    rows = [
        f"{n}\t{'ab' * (50 if n % (ROWS // LONG) == 0 else 1)}\tc\tneutral" for n in range(ROWS)
    ]
    put("mnli/train-en.tsv", "\n".join([header, *rows]) + "\n")
    return FolderSource(tmp_path)


@pytest.fixture
def count(source: FolderSource, tokenizer: Any, tmp_path: Path) -> Callable[[int], Cuts]:
    ref = source.refer("mnli", "en", "train")
    return lambda most: count_cuts(source, ref, tokenizer, "t", 32, 0, tmp_path / "cache", most)


def cut(found: Cuts) -> tuple[int, int]:
    return found.counted, found.cut


def test_a_small_split_is_counted_whole(count: Callable[[int], Cuts]):
    assert cut(count(ROWS)) == (ROWS, LONG)


def test_of_a_large_one_a_sample(count: Callable[[int], Cuts], tmp_path: Path):
    """And nothing is written."""
    assert cut(count(ROWS // 2)) == (ROWS // 2, LONG)  # every second row: all the long ones
    assert not (tmp_path / "cache").exists()


def test_the_cache_knows_exactly(
    count: Callable[[int], Cuts], source: FolderSource, tokenizer: Any, tmp_path: Path
):
    """Without a row being looked at."""
    ref = source.refer("mnli", "en", "train")
    split = encoded(source, ref, tokenizer, "t", 32, 0, tmp_path / "cache")
    assert split.rows_cut == LONG
    (tmp_path / "mnli" / "train-en.tsv").unlink()
    assert cut(count(1)) == (ROWS, LONG)


def test_tokens_that_are_unknown(put: Callable[..., Path], tokenizer: Any, tmp_path: Path):
    """Of text alone, whether the split was encoded before or is looked at now."""
    rows = [f"{n}\tab\t龘龘\tneutral" for n in range(8)]
    put("mnli/train-en.tsv", "\n".join(["id\tpremise\thypothesis\tlabel", *rows]) + "\n")
    source, cache = FolderSource(tmp_path), tmp_path / "cache"
    ref = source.refer("mnli", "en", "train")
    asked = (source, ref, tokenizer, "t", 32, 0, cache)
    now = count_cuts(*asked, 8)
    assert 0 < now.unknown < now.tokens
    encoded(*asked)
    assert count_cuts(*asked, 8) == now
    (home,) = cache.iterdir()
    (home / "ids.npy").unlink()
    assert count_cuts(*asked, 8).tokens == 0


@pytest.mark.parametrize(("rows", "most"), [(10, 10), (10, 20), (10, 3), (1000, 7), (3, 1)])
def test_a_sample_reaches_from_beginning_to_end(rows: int, most: int):
    found = list(evenly_spaced(range(rows), most))
    assert len(found) == min(rows, most)
    assert found == sorted(set(found))
    assert found[0] == 0
    assert found[-1] >= rows - 1 - rows // most
