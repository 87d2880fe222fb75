"""A text or a pair of texts → one sequence each, the longer text cut first, as in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xlt_core.kinds.arrays import chunks, is_cut, sequence_arrays
from xlt_core.kinds.kind import Ints
from xlt_core.kinds.tokenizer import Tokenizer


class Pair(Protocol):
    """An example of one text, or of two."""

    @property
    def first(self) -> str:
        """The text, or the first of two."""
        ...

    @property
    def second(self) -> str | None:
        """None where there is one text only, in all examples alike."""
        ...


def encode_pairs(
    examples: Sequence[Pair], tokenizer: Tokenizer, max_length: int
) -> tuple[dict[str, Ints], int]:
    """`ids`, `starts`, `types`; and how many examples were cut."""
    ids: list[list[int]] = []
    types: list[list[int]] = []
    cut = 0
    for part in chunks(examples):
        first = [one.first for one in part]
        second = None if part[0].second is None else [one.second or "" for one in part]
        made = tokenizer(first, second, truncation="longest_first", max_length=max_length)
        ids.extend(made["input_ids"])
        types.extend(made.get("token_type_ids", ()))
        cut += sum(is_cut(made, number, max_length) for number in range(len(part)))
    return sequence_arrays(ids, types), cut
