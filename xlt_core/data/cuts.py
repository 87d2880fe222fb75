"""How many rows of a split are too long for `max_length`, counted without training on anything.

Beside them how many of its tokens are unknown to the tokenizer: a model reads nothing in those.
What is cut each kind of task says. A split that was encoded before is known from the cache; of a
large one that was not, evenly spaced rows are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from xlt_core.data.encoding import find_entry, known_ids, known_rows_cut
from xlt_core.data.source import Source
from xlt_core.kinds import get_kind
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.kind import Ints
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.tasks import get_task
from xlt_core.vocabulary.refs import DataRef

Row = TypeVar("Row")
MOST_TOKENS = 200_000  # looked at in a split that was encoded before


@dataclass(frozen=True)
class Cuts:
    """Rows that are cut.

    Attributes:
        counted: rows that were looked at; all of the split's, or a sample.
        cut: those among them some of whose text no model sees.
        tokens: of text, that were looked at.
        unknown: those among them that the tokenizer has no token for.
    """

    counted: int
    cut: int
    tokens: int = 0
    unknown: int = 0


def count_cuts(
    source: Source,
    ref: DataRef,
    tokenizer: Tokenizer,
    tokenizer_fingerprint: str,
    max_length: int,
    stride: int,
    cache: Path,
    most: int,
) -> Cuts:
    """Count the rows of `ref` that are cut; arguments as `encoding.encoded` has them.

    Args:
        most: rows to look at, where the cache does not know.

    Raises:
        UserMistake: what the source raises.
    """
    entry = find_entry(cache, ref, tokenizer_fingerprint, max_length, stride)
    known = known_rows_cut(entry)
    if known is not None:
        return Cuts(ref.rows, known, *_unknown(known_ids(entry, MOST_TOKENS), tokenizer))
    rows = evenly_spaced(source.load(ref.task, ref.language, ref.split), most)
    split = encode(get_kind(get_task(ref.task).kind), rows, tokenizer, max_length, stride)
    return Cuts(len(rows), split.rows_cut, *_unknown(split.arrays["ids"], tokenizer))


def _unknown(ids: Ints, tokenizer: Tokenizer) -> tuple[int, int]:
    """How many of the tokens are of text, and how many of these are unknown."""
    own = tokenizer.unk_token_id
    special = [token for token in tokenizer.all_special_ids if token != own]
    unknown = 0 if own is None else int((ids == own).sum())
    return len(ids) - int(np.isin(ids, special).sum()), unknown


def evenly_spaced(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """All rows, or `most` of them from beginning to end."""
    if len(rows) <= most:
        return rows
    return [rows[place * len(rows) // most] for place in range(most)]
