"""The store: finished stages under their keys, on a folder or any fsspec URL.

The one class others use. Each method is a line or two over the file of its idea: `draft`,
`stored`, `checkpoints`, `lease`, `pins`, `listing`, `prune`, `verify`. Paths: `layout`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from errno import EROFS
from functools import partial
from pathlib import Path
from typing import Any

from xlt_core.store import executions, listing, pins
from xlt_core.store.backend import Backend
from xlt_core.store.checkpoints import Checkpoints
from xlt_core.store.draft import Draft
from xlt_core.store.files import reclaim
from xlt_core.store.layout import LEASES, MANIFEST, damaged_path, leased_key, stage_path
from xlt_core.store.lease import Lease, LeaseInfo, LeaseRecord, Sighting, Watch, is_abandoned
from xlt_core.store.leases import Leases
from xlt_core.store.listing import StageInfo
from xlt_core.store.manifest import Manifest
from xlt_core.store.place import normal_url, open_backend
from xlt_core.store.prune import PrunePlan, plan_prune
from xlt_core.store.renewal import lease_renewer
from xlt_core.store.stored import Damage, StoredStage, load_stage, load_stages
from xlt_core.store.verify import (
    DamagedEntry,
    Progress,
    VerifyReport,
    damage_of,
    leftovers,
    sweep,
)
from xlt_core.vocabulary.address import bare

log = logging.getLogger("xlt.store")
_LOOKS = 5
# Named here since `Store.list` hides the built-in name within the class.
Keys = list[str]
Damaged = list[DamagedEntry]
Entries = list[dict[str, Any]]


class Store:
    """Stages under their keys (64 hexadecimal digits; anything else raises ValueError).

    Cheap to make and to pickle; nothing is created before something is written. Many threads,
    processes and machines may use one store at once. Faults of disk and network raise OSError.

    Attributes:
        url: an absolute path, or a URL without a slash at its end.
        scratch: folder for drafts and downloads where the store is remote; None for one in the
            machine's folder for temporary files.
    """

    def __init__(self, url: str | Path, *, scratch: Path | None = None) -> None:
        """Raises UserMistake where `url` is no place a store can be; see also `check`."""
        self.url = normal_url(url)
        self.scratch = scratch
        self._backend: Backend = open_backend(self.url, scratch)
        self._watch = Watch()

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.url, self.scratch)

    def __repr__(self) -> str:
        return f"Store({bare(self.url)!r})"

    def check(self) -> None:
        """Make the place and try it out, for preflight. Raises UserMistake."""
        reclaim(self._backend.drafts)
        self._backend.check()

    # Stages

    def contains(self, key: str) -> bool:
        """Whether the stage is there: a good manifest, and its files have the right sizes."""
        path = stage_path(key)
        data = self._backend.get(f"{path}/{MANIFEST}")
        if data is None:
            return False
        try:
            manifest = Manifest.parse(data, key)
        except ValueError:
            return False
        return self._backend.has(path, manifest.sizes())

    def contains_all(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that `contains` is true for, in few round trips."""
        found = listing.manifests(self._backend, list(dict.fromkeys(keys)))
        sizes = {stage_path(key): manifest.sizes() for key, manifest in found.items()}
        there = self._backend.have(sizes)
        return {key for key in found if stage_path(key) in there}

    def read(self, key: str) -> StoredStage | None:
        """The stage, or None where there is none.

        A damaged one is set aside under `damaged/`, with a warning, and None is returned, so that
        it is computed again. Sizes and JSON files are checked now, other files by `path`.
        """
        path = stage_path(key)
        for _ in range(_LOOKS):
            mark = self._backend.mark(path)
            if mark is None:
                return None
            try:
                return load_stage(self._backend, key, partial(self._set_aside, key, mark))
            except Damage as damage:
                if self._set_aside(key, mark, str(damage)):
                    return None
                # Somebody moved, replaced or pruned it as we looked: look again.
        return None

    def read_all(self, keys: Iterable[str]) -> dict[str, StoredStage]:
        """Those of the stages that are there, by key, each as `read` has it, in few round trips."""
        found = load_stages(
            self._backend, dict.fromkeys(keys), lambda key: partial(self._set_aside_damaged, key)
        )
        looked = {key: stage or self.read(key) for key, stage in found.items()}
        return {key: stage for key, stage in looked.items() if stage is not None}

    def draft(self, key: str) -> Draft:
        """A folder in which to put the stage together; a context manager, see `Draft`.

        Raises UserMistake where the store cannot be written to, StoreFull where it is full.
        """
        stage_path(key)
        return Draft(self._backend, key, is_good=lambda: self.read(key) is not None)

    def checkpoints(self, key: str) -> Checkpoints:
        """The stage's mid-stage checkpoints."""
        return Checkpoints(self._backend, key)

    # Who computes what

    def lease(self, key: str, holder: str, *, ttl: float = 15.0) -> Lease | None:
        """Claim the stage for this process; None where somebody else's live lease is on it.

        Never waits. To wait for the holder, ask again every second or so: a silent holder is
        noticed by being asked for more than once.

        Args:
            holder: what the taker calls itself, for people.
            ttl: seconds of silence after which others may take the lease over.
        """
        seen, silence = self._look(key)
        if seen is not None and not is_abandoned(seen, silence):
            return None
        record = LeaseRecord.fresh(holder, ttl)
        claim = self._leases().take(key, record, seen)
        if claim is None:
            return None
        if seen is not None:
            log.warning("lease on %s taken over from %s", key, seen.info(silence))
        self._watch.forget(key)
        lease = Lease(key, record, claim)
        lease_renewer().keep(lease)
        return lease

    def lease_holder(self, key: str) -> LeaseInfo | None:
        """Who holds a live lease on the stage; None where nobody does."""
        seen, silence = self._look(key)
        return None if seen is None or is_abandoned(seen, silence) else seen.info(silence)

    # Upkeep

    def pin(self, sweep: str, keys: Iterable[str]) -> None:
        """Keep these stages from being pruned as long as `sweep` is pinned; adds to what it has."""
        pins.pin(self._backend, sweep, keys)

    def pins(self) -> dict[str, set[str]]:
        """The pinned keys by sweep."""
        return pins.pins(self._backend)

    def unpin(self, sweep: str) -> None:
        """Forget what `sweep` pins."""
        pins.unpin(self._backend, sweep)

    def keys(self) -> Iterator[str]:
        """Keys of the stages that are there by their place, sorted; `contains` says if whole."""
        return listing.keys(self._backend)

    def list(self) -> list[StageInfo]:
        """Every whole stage, oldest first."""
        return listing.stages(self._backend, self.pins())

    def verify(self, repair: bool = True, progress: Progress | None = None) -> VerifyReport:
        """Read every byte of every stage; find leftovers of dead processes.

        Args:
            repair: set damaged stages aside and remove leftovers; else only report.
            progress: called with (stages checked, stages in all).
        """
        keys = list(self.keys())
        damaged: Damaged = []
        for done, key in enumerate(keys, 1):
            mark = self._backend.mark(stage_path(key))
            reason = damage_of(self._backend, key) if mark is not None else None
            if mark is not None and reason is not None:
                damaged.append(DamagedEntry(key, reason))
                if repair:
                    self._set_aside(key, mark, reason)
            if progress is not None:
                progress(done, len(keys))
        return VerifyReport(len(keys), damaged, self._leftovers(keys, remove=repair))

    def prune(
        self, budget_bytes: int, *, include_pinned: bool = False, dry_run: bool = True
    ) -> PrunePlan:
        """Bring the stages' size within a budget, least computing time per byte first.

        Never removes what is leased, or, unless `include_pinned`, pinned by a sweep. Sweeps
        leftovers of dead processes. With `dry_run` nothing is removed.
        """
        stages = self.list()
        leased = self._leased()
        pinned = {stage.key for stage in stages if stage.sweeps and not include_pinned}
        plan = plan_prune(stages, budget_bytes, leased | pinned)
        if dry_run:
            return plan
        self._leftovers([stage.key for stage in stages], remove=True)
        taken = [stage for stage in plan.stages if self._remove_unless_leased(stage.key)]
        freed = sum(stage.bytes for stage in taken)
        return PrunePlan(plan.kept_bytes + plan.freed_bytes - freed, freed, taken)

    def record_execution(self, entry: Mapping[str, object]) -> None:
        """Note that a stage was computed (one JSON line); nothing on a remote store."""
        executions.record_execution(self._backend, entry)

    def executions(self) -> Entries:
        """What `record_execution` noted, oldest first."""
        return executions.executions(self._backend)

    def _leases(self) -> Leases:
        return Leases(self._backend)

    def _look(self, key: str) -> tuple[Sighting | None, float]:
        """The lease on the stage, and for how long it has been watched without a heartbeat."""
        seen = self._leases().see(key)
        if seen is None:
            self._watch.forget(key)
            return None, 0.0
        return seen, self._watch.silence(key, seen)

    def _leased(self) -> set[str]:
        keys = {leased_key(name) for name in self._backend.names(LEASES)}
        return {key for key in keys if key is not None and self.lease_holder(key) is not None}

    def _remove_unless_leased(self, key: str) -> bool:
        if self.lease_holder(key) is not None:
            return False
        self._backend.remove_folder(stage_path(key))
        return True

    def _leftovers(self, keys: Keys, *, remove: bool) -> Keys:
        found = leftovers(self._backend, keys, self._leased())
        if remove:
            sweep(self._backend, found)
        return found

    def _set_aside_damaged(self, key: str, reason: str) -> bool:
        """As `_set_aside`, of a stage that was not marked when it was read."""
        mark = self._backend.mark(stage_path(key))
        if mark is None or damage_of(self._backend, key) is None:
            return False
        return self._set_aside(key, mark, reason)

    def _set_aside(self, key: str, mark: str, reason: str) -> bool:
        """Move a damaged stage away; False where another stands there by now, or none.

        Where nothing may be written it stays, and is no stage to whoever only looks.
        """
        place = damaged_path(key)
        try:
            moved = self._backend.set_aside(stage_path(key), place, mark)
        except OSError as error:
            if error.errno != EROFS and not isinstance(error, PermissionError):
                raise
            log.warning("stage %s is damaged (%s) and stays: %s", key, reason, error)
            return True
        if moved:
            log.warning("stage %s is damaged (%s): set aside as %s", key, reason, place)
        return moved


def _again(url: str, scratch: Path | None) -> Store:
    return Store(url, scratch=scratch)
