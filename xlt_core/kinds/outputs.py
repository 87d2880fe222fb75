"""What predictions are made of: the rows of a split, what is read beside them, and the logits.

Most kinds look at a row by itself. Where rows are found among others (questions among sentences),
these lie in splits of their own, perhaps one a language, and are read beside the rows that ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.kind import Logits


@dataclass(frozen=True)
class Rows:
    """Rows of one split.

    Attributes:
        split: encoded.
        examples: as they were, in order, each in its kind's form.
        beside: what is read beside them (`Task.beside`), in order of role, then language.
        role: where they are read beside others, as what: the name of their split.
        language: likewise theirs.
    """

    split: EncodedSplit
    examples: Sequence[Any]
    beside: tuple[Rows, ...] = ()
    role: str = ""
    language: str = ""


@dataclass(frozen=True)
class Outputs:
    """What a model with a head gave for rows.

    Attributes:
        logits: of each feature in order: [outputs], or [T, outputs] without padding.
        beside: what it gave for `rows.beside`, in their order.
    """

    rows: Rows
    logits: Sequence[Logits]
    beside: tuple[Outputs, ...] = ()
