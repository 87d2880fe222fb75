"""Examples → token ids, cached on disk by content.

`encoded` is the door: on a hit no source is read at all, for scoring neither: an entry holds the
examples too. What the cache key covers is in `find_entry`. The work is `xlt_core.kinds.encoding`'s.
"""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xlt_core.data.source import Source
from xlt_core.kinds import get_kind
from xlt_core.kinds.encoded import EncodedSplit, digest, map_arrays, write_arrays
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.gold import check_planned, pack
from xlt_core.kinds.kind import Ints
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import DataRef

# Raised by hand whenever the same examples are encoded otherwise.
ENCODING = 2
_MANIFEST = "manifest.json"
_COUNTS = ("pad", "width", "examples", "words_cut", "rows_cut")


def encoded(
    source: Source,
    ref: DataRef,
    tokenizer: Tokenizer,
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
        stride: tokens two neighbouring windows share (kinds with windows).
        cache: folder of encoded splits; made where missing, safe between processes.

    Raises:
        DataChanged: the source holds other rows than `ref` says.
        UserMistake: what the source raises.
    """
    home = find_entry(cache, ref, tokenizer_fingerprint, max_length, stride)
    found = _open(home)
    if found is not None:
        return found
    # The rows that are checked are the rows that are encoded: one reading, not two.
    examples = source.load(ref.task, ref.language, ref.split)
    check_planned(ref, examples)
    split = encode(get_kind(get_task(ref.task).kind), examples, tokenizer, max_length, stride)
    split = replace(split, arrays={**split.arrays, "gold": pack(examples)})
    _publish(split, home)
    return _open(home) or split


def find_entry(
    cache: Path, ref: DataRef, tokenizer_fingerprint: str, max_length: int, stride: int
) -> Path:
    """Where in `cache` the split is or would be, encoded in this way."""
    kind = get_kind(get_task(ref.task).kind)
    return cache / fingerprint(
        {
            "encoding": ENCODING,
            "kind": kind.name if kind.version == 1 else [kind.name, kind.version],
            # Examples are kept with their ids, which content does not cover.
            "split": [ref.task, ref.language, ref.split],
            "data": ref.fingerprint,
            "tokenizer": tokenizer_fingerprint,
            "max_length": max_length,
            "stride": stride if kind.has_windows else None,
        }
    )


def check_writable(cache: Path) -> None:
    """Raise UserMistake where nothing can be put into `cache`; it is made where missing."""
    probe = cache / f".{uuid.uuid4().hex}"
    try:
        probe.mkdir(parents=True)
        probe.rmdir()
    except OSError as error:
        what = f"encoded data cannot be written there: {error.strerror}"
        remedy = "make it writable, or delete it: it is made anew"
        raise UserMistake(Mistake(str(cache), what, remedy)) from error


def known_rows_cut(home: Path) -> int | None:
    """How many rows were cut when the entry at `home` was made; None where there is none."""
    try:
        return int(_manifest(home)["rows_cut"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def known_ids(home: Path, most: int) -> Ints:
    """The first `most` tokens of the entry at `home`, as they lie there; none of a damaged one."""
    try:
        mapped = np.load(home / "ids.npy", mmap_mode="r", allow_pickle=False)
        found: Ints = np.asarray(mapped[:most])
    except (OSError, ValueError):
        return np.zeros(0, dtype=np.int64)
    return found


def _open(home: Path) -> EncodedSplit | None:
    """The entry at `home`, or None where there is none or it is not what was written there."""
    try:
        manifest = _manifest(home)
        counts = {name: manifest[name] for name in _COUNTS}
        arrays = map_arrays(home, manifest["sha256"])
        return EncodedSplit(kind=get_kind(manifest["kind"]), arrays=arrays, **counts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _manifest(home: Path) -> dict[str, Any]:
    """The manifest of an entry. Raises ValueError where it is another entry's, or was edited."""
    manifest: dict[str, Any] = json.loads((home / _MANIFEST).read_text(encoding="utf-8"))
    seal = manifest.pop("seal")
    if seal != _seal(home.name, manifest):
        raise ValueError(f"{home / _MANIFEST} is not what was written")
    return manifest


def _seal(name: str, manifest: dict[str, Any]) -> str:
    return fingerprint([name, manifest])


def _publish(split: EncodedSplit, home: Path) -> None:
    """Put an entry at `home` in one rename; where a good one got there first, drop ours."""
    home.parent.mkdir(parents=True, exist_ok=True)
    made = home.parent / f".{home.name}.{uuid.uuid4().hex}"
    made.mkdir()
    try:
        write_arrays(made, split.arrays)
        manifest = {
            "kind": split.kind.name,
            **{name: getattr(split, name) for name in _COUNTS},
            "sha256": {name: digest(array) for name, array in split.arrays.items()},
        }
        sealed = {**manifest, "seal": _seal(home.name, manifest)}
        (made / _MANIFEST).write_text(json.dumps(sealed, indent=1), encoding="utf-8")
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
