"""What is in a store, for people and for pruning: one line a stage, without its weights."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlt_core.store.about import About
from xlt_core.store.backend import Backend
from xlt_core.store.layout import ABOUT, MANIFEST, is_key, is_prefix, stage_path
from xlt_core.store.manifest import Manifest, matches


@dataclass(frozen=True)
class StageInfo:
    """A stage in a listing.

    Attributes:
        bytes: size of all its files.
        seconds: computing time it took.
        finished: seconds since the epoch, 0 where not recorded.
        sweeps: names of the sweeps that pin it, sorted.
        parents: keys of the stages it starts from.
    """

    key: str
    kind: str
    title: str
    bytes: int
    seconds: float
    finished: float
    sweeps: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


def keys(backend: Backend) -> Iterator[str]:
    """Keys of everything that lies where a stage lies, whole or not, sorted."""
    for prefix in filter(is_prefix, backend.names("")):
        yield from (name for name in backend.names(prefix) if is_key(name))


def manifests(backend: Backend, wanted: list[str]) -> dict[str, Manifest]:
    """The good manifests among those of the `wanted` keys."""
    texts = backend.get_many(f"{stage_path(key)}/{MANIFEST}" for key in wanted)
    found: dict[str, Manifest] = {}
    for key in wanted:
        data = texts.get(f"{stage_path(key)}/{MANIFEST}")
        if data is None:
            continue
        try:
            found[key] = Manifest.parse(data, key)
        except ValueError:
            continue
    return found


def stages(backend: Backend, pinned: Mapping[str, set[str]]) -> list[StageInfo]:
    """Every stage with a good manifest and record, oldest first."""
    found = manifests(backend, list(keys(backend)))
    places = {
        key: f"{stage_path(key)}/{manifest.place(ABOUT)}"
        for key, manifest in found.items()
        if ABOUT in manifest.files
    }
    texts = backend.get_sealed({place: found[key].files[ABOUT] for key, place in places.items()})
    sweeps = _sweeps_by_key(pinned)
    listed = [
        _info(key, found[key], json.loads(texts[place]), sweeps.get(key, ()))
        for key, place in places.items()
        if place in texts and matches(texts[place], found[key].files[ABOUT])
    ]
    return sorted(listed, key=lambda info: (info.finished, info.key))


def _info(key: str, manifest: Manifest, about: About, sweeps: tuple[str, ...]) -> StageInfo:
    return StageInfo(
        key=key,
        kind=str(about.get("kind", "")),
        title=str(about.get("title", "")),
        bytes=manifest.size,
        seconds=float(about.get("seconds") or 0.0),
        finished=float(about.get("finished") or 0.0),
        sweeps=sweeps,
        parents=tuple(str(key) for key in about.get("parents") or ()),
    )


def _sweeps_by_key(pinned: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for sweep in sorted(pinned):
        for key in pinned[sweep]:
            found[key].append(sweep)
    return {key: tuple(sweeps) for key, sweeps in found.items()}
