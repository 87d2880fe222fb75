"""Which names files of a stage may have, checked at the door: when published and when read.

A manifest may come from anywhere. A name in it becomes a path here, so it must stay below the
folder it is sealed in, and mean one and the same file on every file system and object store.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from xlt_core.store.layout import MANIFEST, SUFFIXES

_LONGEST_PART = 255  # bytes; what most file systems take
# Control characters; what separates parts, drives or streams elsewhere; halves of characters.
_FOREIGN = re.compile(r"[\x00-\x1f\x7f\\:\ud800-\udfff]")
_ATTEMPT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")


def fault_of(names: Iterable[str]) -> str | None:
    """What is wrong with the names of a folder's files, in words; None where nothing is."""
    return _fault_of(tuple(names))


@lru_cache(maxsize=1024)  # thousands of stages have files of the same few names
def _fault_of(names: tuple[str, ...]) -> str | None:
    return next(_faults(names), None)


def is_attempt(name: str) -> bool:
    """Whether `name` may be the folder of one writer's attempt, empty for none."""
    return name == "" or _ATTEMPT.fullmatch(name) is not None


def _faults(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not _is_below(name):
            yield f"{name!r} is no name of a file below its folder"
        elif not _is_kept(name):
            yield f"a store keeps only safetensors, JSON and JSON lines, not {name!r}"
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(_folded(name), name)
        if other != name:
            yield f"{other!r} and {name!r} are one name on some file systems"
    for name in names:
        for parent in PurePosixPath(name).parents:
            if _folded(str(parent)) in seen:
                yield f"{name!r} lies below another file"


def _is_below(name: str) -> bool:
    parts = name.split("/")
    return _FOREIGN.search(name) is None and all(
        part not in ("", ".", "..") and part[-1] not in ". " and len(part.encode()) <= _LONGEST_PART
        for part in parts
    )


def _is_kept(name: str) -> bool:
    hidden = PurePosixPath(name).name.startswith(".")
    return name.endswith(SUFFIXES) and not hidden and _folded(name) != MANIFEST


def _folded(name: str) -> str:
    """One form of all names that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
