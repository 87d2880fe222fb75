"""Content fingerprints: canonical JSON and SHA-256, the ground under every key.

The form written here is a promise: changing it changes every key (a golden test stands guard).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable


def canonical_json(value: object) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, no NaN or infinity.

    Raises:
        ValueError: `value` holds a float that is not finite.
        TypeError: `value` holds something JSON has no form for.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def fingerprint_rows(rows: Iterable[object]) -> str:
    """Return the SHA-256 over rows in order, each as one line of canonical JSON.

    Streams, so that a data set need not be held twice.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(canonical_json(row).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def derived_seed(*parts: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on all `parts` and on nothing else."""
    return int(fingerprint(list(parts))[:16], 16) >> 1
