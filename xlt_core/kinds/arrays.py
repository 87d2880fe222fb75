"""Sequences of tokens → flat arrays, for every kind; large splits are tokenized in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from xlt_core.kinds.kind import Ints
from xlt_core.kinds.tokenizer import Tokens

IGNORED = -100  # the target of a token that is not trained on
Row = TypeVar("Row")
_CHUNK = 2000  # examples tokenized at once: bounds the memory their Python lists take


def chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in order, some at a time."""
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def ragged(
    rows: Iterable[Sequence[int] | Ints], dtype: type[np.signedinteger]
) -> tuple[Ints, Ints]:
    """Lay rows end to end: values [N] and where each starts [rows + 1]."""
    parts = [np.asarray(row, dtype=dtype) for row in rows]
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    return (np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)), starts


def sequence_arrays(ids: list[list[int]], types: list[list[int]]) -> dict[str, Ints]:
    """`ids`, `starts`, and `types` where there are any."""
    flat, starts = ragged(ids, np.int32)
    arrays: dict[str, Ints] = {"ids": flat, "starts": starts}
    if types:
        arrays["types"] = np.fromiter(chain.from_iterable(types), dtype=np.int8, count=len(flat))
    return arrays


def is_cut(made: Tokens, number: int, max_length: int) -> bool:
    """Whether sequence `number` of what a tokenizer made lost tokens to `max_length`."""
    full = len(made["input_ids"][number]) >= max_length
    return full and bool(made.encodings[number].overflowing)
