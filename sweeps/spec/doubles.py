"""Data that are hardly meant: an id that several rows have, and a split that is another one.

Neither stops a sweep. Formats that are read by ids refuse a second row of one (question answering
does); elsewhere ids only name rows in predictions. `prepare` asks here and notes what is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from sweeps.spec.inputs import Cell
from xlt_core.data.folder import KEPT_ROWS
from xlt_core.data.source import Source
from xlt_core.kinds.example import Example
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import DataRef

_MEANING = {
    ("dev", "train"): "what selects was trained on",
    ("test", "train"): "what is shown was trained on",
    ("dev", "test"): "what is shown is what selected",
}


def noting_doubles(
    source: Source, found: Iterable[tuple[Cell, DataRef]], notes: list[str]
) -> Iterator[tuple[Cell, DataRef]]:
    """Hand on what was found, split by split while it is in memory; then note what is doubled.

    Training splits too large to be kept in memory are not read again for their ids.
    """
    data: dict[Cell, DataRef] = {}
    twice: dict[str, list[tuple[Cell, str]]] = defaultdict(list)
    for cell, ref in found:
        data[cell] = ref
        if ref.rows <= KEPT_ROWS and (name := _second(source.load(*cell))) is not None:
            twice[cell[0]].append((cell, name))
        yield cell, ref
    notes += [_of_ids(task, places) for task, places in twice.items()]
    notes += same_rows(source, data)


def same_rows(source: Source, data: Mapping[Cell, DataRef]) -> Iterator[str]:
    """A sentence for each two splits of a task in a language that hold the same rows."""
    splits: dict[tuple[str, str], list[DataRef]] = defaultdict(list)
    for (task, language, _), ref in data.items():
        splits[task, language].append(ref)
    for (task, language), refs in splits.items():
        for one, other in combinations(sorted(refs, key=lambda ref: ref.split), 2):
            if _are_same(source, one, other) and (names := (one.split, other.split)) in _MEANING:
                meaning = _MEANING[names]
                yield f"{task} in {language}: {' and '.join(names)} are the same rows: {meaning}."


def _are_same(source: Source, one: DataRef, other: DataRef) -> bool:
    """Whether they are, in whatever order; rows are looked at only where their number is equal."""
    if one.fingerprint == other.fingerprint:
        return True
    return one.rows == other.rows and _rows(source, one) == _rows(source, other)


def _rows(source: Source, ref: DataRef) -> list[str]:
    rows = source.load(ref.task, ref.language, ref.split)
    return sorted(fingerprint(row.content()) for row in rows)


def _second(rows: Sequence[Example]) -> str | None:
    """The first id that an earlier row has already."""
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            return row.id
        seen.add(row.id)
    return None


def _of_ids(task: str, places: Sequence[tuple[Cell, str]]) -> str:
    where = ", ".join(f"{split} in {language}" for (_, language, split), _ in places)
    return (
        f"{task}: several rows have one id ({where}; first {places[0][1]!r}): predictions cannot "
        "be told apart by it."
    )
