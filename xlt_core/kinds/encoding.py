"""Examples of any kind → an `EncodedSplit`; what a kind does with them is its own.

What does not fit into `max_length` tokens is cut, always at its end, and counted; each kind's
`encode` says what.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.example import Example
from xlt_core.kinds.kind import TaskKind
from xlt_core.kinds.tokenizer import Tokenizer


def encode(
    kind: TaskKind, examples: Sequence[Example], tokenizer: Tokenizer, max_length: int, stride: int
) -> EncodedSplit:
    """Encode examples, all of the kind's form. `stride` is for kinds that cut windows.

    Raises:
        ValueError: `max_length` leaves no room for text beside the special tokens.
    """
    room = max_length - tokenizer.num_special_tokens_to_add(pair=True)
    if room < 2:
        raise ValueError(f"max_length {max_length} leaves no room for a pair of texts")
    made = kind.encode(examples, tokenizer, max_length, stride)
    pad = tokenizer.pad_token_id or 0
    return EncodedSplit(
        kind, pad, made.width, len(examples), made.arrays, made.words_cut, made.rows_cut
    )
