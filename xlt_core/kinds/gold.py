"""The examples of a split, packed small and kept beside its encoding: what predictions are scored
against.

Packed, they are one array of bytes: zstandard over a JSON line an example, id first. Unpacking
builds the same examples, so their fingerprint tells whether they are those that were planned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
import zstandard
from numpy.typing import NDArray

from xlt_core.kinds.example import Example
from xlt_core.kinds.kind import Ints, TaskKind
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.fingerprint import canonical_json, fingerprint_rows
from xlt_core.vocabulary.refs import DataRef


def pack(examples: Iterable[Example]) -> NDArray[np.uint8]:
    """Examples as bytes [B]."""
    lines = "".join(f"{canonical_json([one.id, *one.content()])}\n" for one in examples)
    packed = zstandard.ZstdCompressor(level=3).compress(lines.encode())
    return np.frombuffer(packed, dtype=np.uint8)


def unpack(kind: TaskKind, packed: Ints) -> tuple[Example, ...]:
    """What `pack` packed. Raises ValueError or zstandard.ZstdError where it is something else."""
    lines = zstandard.ZstdDecompressor().decompress(packed.tobytes())
    return tuple(kind.example(json.loads(line)) for line in lines.split(b"\n")[:-1])


def check_planned(ref: DataRef, examples: Sequence[Example]) -> None:
    """Raise DataChanged unless `examples` are those `ref` was made of."""
    found = fingerprint_rows(example.content() for example in examples)
    if found != ref.fingerprint:
        raise DataChanged(
            f"{ref.split} of {ref.task} in {ref.language} has changed since the sweep was "
            f"planned: {ref.rows} rows {ref.fingerprint[:12]} then, "
            f"{len(examples)} rows {found[:12]} now"
        )
