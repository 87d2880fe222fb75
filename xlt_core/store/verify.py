"""Upkeep: check every byte of every stage, and sweep what dead processes left behind."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from xlt_core.store.backend import Backend
from xlt_core.store.files import local_age, remove_locally
from xlt_core.store.layout import CHECKPOINTS, DRAFTS, is_key, stage_path
from xlt_core.store.owner import owner_is_dead
from xlt_core.store.stored import Damage, load_stage

# Drafts and attempts of other machines' processes are leftovers after this many seconds.
LEFTOVER_AGE = 7 * 24 * 3600.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DamagedEntry:
    """A stage that is not what was published, and why."""

    key: str
    reason: str


@dataclass(frozen=True)
class VerifyReport:
    """What `verify` found.

    Attributes:
        checked: number of stages looked at.
        damaged: those that are not whole; set aside where repair was asked for.
        leftovers: what dead processes left behind, as paths relative to the store; removed where
            repair was asked for.
    """

    checked: int
    damaged: list[DamagedEntry] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


def damage_of(backend: Backend, key: str) -> str | None:
    """What is wrong with a stage, every byte of it read; None where nothing is."""
    path = stage_path(key)
    try:
        stage = load_stage(backend, key, lambda _: None)
    except Damage as damage:
        return str(damage)
    files = stage.manifest.files
    for name in sorted(files.keys() - stage.checked()):
        place = f"{path}/{stage.manifest.place(name)}"
        if backend.measure(place, files[name].bytes) != files[name]:
            return f"{name} does not have the published bytes"
    return None


def leftovers(backend: Backend, keys: Collection[str], in_use: Collection[str]) -> list[str]:
    """What dead processes left behind, as paths relative to the store.

    Drafts and unfinished uploads whose process is dead, or that nobody touched for a week where
    that cannot be known; checkpoints of stages that are finished and not in use.
    """
    drafts = (f"{DRAFTS}/{name}" for name in _names(backend.drafts))
    found = [path for path in drafts if _is_left(path, lambda p: local_age(_draft(backend, p)))]
    for key in keys:
        attempts = backend.orphans(stage_path(key))
        found += [path for path in attempts if _is_left(path, backend.age)]
    checkpoints = [key for key in backend.names(CHECKPOINTS) if is_key(key) and key not in in_use]
    finished = [key for key in checkpoints if backend.mark(stage_path(key)) is not None]
    return [*found, *(f"{CHECKPOINTS}/{key}" for key in finished)]


def sweep(backend: Backend, paths: list[str]) -> None:
    """Remove leftovers."""
    for path in paths:
        if path.startswith(f"{DRAFTS}/"):
            remove_locally(_draft(backend, path))
        else:
            backend.remove_folder(path)


def _is_left(path: str, age: Callable[[str], float | None]) -> bool:
    dead = owner_is_dead(path.rpartition("/")[2])
    if dead is None:
        return (age(path) or 0.0) > LEFTOVER_AGE
    return dead


def _draft(backend: Backend, path: str) -> Path:
    return backend.drafts / path.removeprefix(f"{DRAFTS}/")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
