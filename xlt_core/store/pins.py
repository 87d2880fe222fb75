"""Pins: the stages a sweep wants kept. One file a sweep; `prune` leaves what any of them names."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

from xlt_core.store.backend import Backend
from xlt_core.store.layout import PINS, is_key, pin_path, pinning_sweep

_pinning = threading.Lock()


def pin(backend: Backend, sweep: str, keys: Iterable[str]) -> None:
    """Add `keys` to what `sweep` pins. One driver a sweep, so nobody else writes its file."""
    wanted = set(keys)
    refused = sorted(key for key in wanted if not is_key(key))
    if refused:
        raise ValueError(f"not a stage's key: {refused[0]!r}")
    path = pin_path(sweep)
    with _pinning:
        there = _read(backend.get(path))
        if backend.get(path) is None or not wanted <= there:
            content = {"sweep": sweep, "keys": sorted(there | wanted)}
            backend.put(path, json.dumps(content, ensure_ascii=False, indent=0).encode())


def unpin(backend: Backend, sweep: str) -> None:
    """Forget what `sweep` pins; an unknown sweep is fine."""
    backend.remove(pin_path(sweep))


def pins(backend: Backend) -> dict[str, set[str]]:
    """The pinned keys by sweep."""
    names = [name for name in backend.names(PINS) if name.endswith(".json")]
    found = backend.get_many(f"{PINS}/{name}" for name in names)
    return {
        pinning_sweep(name): _read(found[f"{PINS}/{name}"])
        for name in names
        if f"{PINS}/{name}" in found
    }


def _read(data: bytes | None) -> set[str]:
    return set() if data is None else set(json.loads(data)["keys"])
