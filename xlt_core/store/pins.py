"""Pins: the stages a sweep wants kept; `prune` leaves what any of them names.

One small file each time a sweep names some, called after what it holds: pinning the same again
changes nothing, and the cost of a trial's pins does not grow with the trials before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

from xlt_core.store.backend import Backend
from xlt_core.store.layout import PINS, is_key, pin_path, pinning_sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint


def pin(backend: Backend, sweep: str, keys: Iterable[str]) -> None:
    """Add `keys` to what `sweep` pins."""
    wanted = sorted(set(keys))
    refused = [key for key in wanted if not is_key(key)]
    if refused:
        raise ValueError(f"not a stage's key: {refused[0]!r}")
    path = pin_path(sweep, fingerprint(wanted)[:16])
    content = {"sweep": sweep, "keys": wanted}
    data = json.dumps(content, ensure_ascii=False, indent=0).encode()
    if backend.get(path) != data:  # there is none, or a damaged one
        backend.put(path, data)


def unpin(backend: Backend, sweep: str) -> None:
    """Forget what `sweep` pins; an unknown sweep is fine."""
    for name in _names(backend):
        if pinning_sweep(name) == sweep:
            backend.remove(f"{PINS}/{name}")


def pins(backend: Backend) -> dict[str, set[str]]:
    """The pinned keys by sweep. Raises UserMistake where a file that says so is damaged."""
    names = list(_names(backend))
    found = backend.get_many(f"{PINS}/{name}" for name in names)
    pinned: dict[str, set[str]] = {}
    for name in names:
        data = found.get(f"{PINS}/{name}")
        if data is not None:
            pinned.setdefault(pinning_sweep(name), set()).update(_pinned(name, data))
    return pinned


def _pinned(name: str, data: bytes) -> list[str]:
    """The keys in one file. Raises UserMistake: without them, too much would be pruned."""
    with suppress(ValueError, KeyError, TypeError):
        keys = json.loads(data)["keys"]
        if all(is_key(key) for key in keys):
            return list(keys)
    remedy = f"remove it, or run sweep {pinning_sweep(name)} again, which pins its stages anew"
    raise UserMistake(Mistake(f"{PINS}/{name}", "is damaged: it names no stages", remedy))


def _names(backend: Backend) -> Iterator[str]:
    return (name for name in backend.names(PINS) if name.endswith(".json"))
