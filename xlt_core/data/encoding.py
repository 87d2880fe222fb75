"""Examples → token ids, cached on disk by content.

`encoded` is the door: on a hit no source is read at all. What the cache key covers is in
`_cache_name`. Neighbours: `encoders` (one function a kind), `encoded` (what comes out).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

from xlt_core.data.encoded import EncodedSplit, map_arrays, write_arrays
from xlt_core.data.encoders import encode
from xlt_core.data.source import Source
from xlt_core.tasks import get_task
from xlt_core.tasks.task import Kind
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.stage import DataRef

# Raised by hand whenever the same examples are encoded otherwise.
ENCODING = 1
_MANIFEST = "manifest.json"


def encoded(
    source: Source,
    ref: DataRef,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    max_length: int,
    stride: int,
    cache: Path,
) -> EncodedSplit:
    """Return the split `ref` encoded, from `cache` if it is there.

    Args:
        source: where the rows come from; not touched on a hit.
        ref: which split, by content.
        tokenizer: a fast tokenizer of `transformers`.
        tokenizer_fingerprint: what the tokenizer is, by content.
        max_length: tokens of a sequence, special tokens included.
        stride: tokens two neighbouring windows share (span QA; no other kind depends on it).
        cache: folder of encoded splits; made where missing, safe between processes.

    Raises:
        DataChanged: the source holds other rows than `ref` says.
        UserMistake: what the source raises.
    """
    kind = get_task(ref.task).kind
    home = cache / _cache_name(kind, ref, tokenizer_fingerprint, max_length, stride)
    found = _open(home)
    if found is not None:
        return found
    found_ref = source.refer(ref.task, ref.language, ref.split)
    if found_ref.fingerprint != ref.fingerprint:
        raise DataChanged(
            f"{ref.split} of {ref.task} in {ref.language} has changed since the sweep was "
            f"planned: {ref.rows} rows {ref.fingerprint[:12]} then, "
            f"{found_ref.rows} rows {found_ref.fingerprint[:12]} now"
        )
    examples = source.load(ref.task, ref.language, ref.split)
    split = encode(kind, examples, tokenizer, max_length, stride)
    _publish(split, home)
    return _open(home) or split


def _cache_name(
    kind: Kind, ref: DataRef, tokenizer_fingerprint: str, max_length: int, stride: int
) -> str:
    return fingerprint(
        {
            "encoding": ENCODING,
            "kind": kind.value,
            "data": ref.fingerprint,
            "tokenizer": tokenizer_fingerprint,
            "max_length": max_length,
            "stride": stride if kind is Kind.SPAN else None,
        }
    )


def _open(home: Path) -> EncodedSplit | None:
    """The entry at `home`, or None where there is none or it is damaged."""
    try:
        manifest = json.loads((home / _MANIFEST).read_text())
        for name, digest in manifest["sha256"].items():
            if _digest(home / f"{name}.npy") != digest:
                return None
        return EncodedSplit(
            kind=Kind(manifest["kind"]),
            pad=manifest["pad"],
            width=manifest["width"],
            examples=manifest["examples"],
            words_cut=manifest["words_cut"],
            arrays=map_arrays(home, list(manifest["sha256"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(split: EncodedSplit, home: Path) -> None:
    """Put an entry at `home` in one rename; where a good one got there first, drop ours."""
    home.parent.mkdir(parents=True, exist_ok=True)
    made = home.parent / f".{home.name}.{uuid.uuid4().hex}"
    made.mkdir()
    try:
        write_arrays(made, split.arrays)
        manifest = {
            "kind": split.kind.value,
            "pad": split.pad,
            "width": split.width,
            "examples": split.examples,
            "words_cut": split.words_cut,
            "sha256": {name: _digest(made / f"{name}.npy") for name in split.arrays},
        }
        (made / _MANIFEST).write_text(json.dumps(manifest, indent=1))
        _move_in(made, home)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _move_in(made: Path, home: Path) -> None:
    try:
        made.rename(home)
    except OSError:
        if _open(home) is not None:
            return
        # What is there is damaged: out of the way with it, then once more.
        torn = made.with_name(f"{made.name}.torn")
        with_torn = _renamed(home, torn)
        _renamed(made, home)
        if with_torn:
            shutil.rmtree(torn, ignore_errors=True)


def _renamed(source: Path, target: Path) -> bool:
    """Rename; False where another process was faster, in which case its entry is as good."""
    try:
        source.rename(target)
    except OSError:
        return False
    return True
