"""Mid-stage checkpoints: where a killed worker's successor goes on.

A checkpoint is a folder sealed as a stage is, under `checkpoints/<key>/<step>/`. Two are kept: if
the newest turns out torn, the one before it serves. They are not forced to the disk: a power cut
may tear the newest, its checksums tell, and training never waits for gigabytes to be flushed.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from xlt_core.store.backend import Backend
from xlt_core.store.errors import StoreFull, StoreUnreachable, naming_full_disks
from xlt_core.store.files import reclaim
from xlt_core.store.layout import checkpoint_path, checkpoints_path
from xlt_core.store.local import local_draft
from xlt_core.store.manifest import Manifest, seal_folder
from xlt_core.store.stored import Damage, load_manifest, verified_path

log = logging.getLogger("xlt.store")
KEPT = 2


class Checkpoints:
    """The checkpoints of one stage. Steps are optimiser steps done, ascending."""

    def __init__(self, backend: Backend, key: str) -> None:
        self.key = key
        self._backend = backend
        self._path = checkpoints_path(key)

    def latest(self) -> Path | None:
        """A local folder with the newest whole checkpoint; None where there is none.

        Every file's checksum is verified; torn checkpoints on the way are removed.
        """
        for step in reversed(self.steps()):
            try:
                return self._verified_folder(step)
            except Damage as damage:
                log.warning("checkpoint %s/%d removed: %s", self.key, step, damage)
                self._backend.remove_folder(checkpoint_path(self.key, step))
        return None

    def latest_step(self) -> int | None:
        """The step of the newest checkpoint with a good manifest; None where there is none."""
        for step in reversed(self.steps()):
            try:
                self._manifest(step)
            except Damage:
                continue
            return step
        return None

    def steps(self) -> list[int]:
        """Steps for which something is there, whole or torn, ascending."""
        return sorted(int(name) for name in self._backend.names(self._path) if name.isdecimal())

    def save(self, step: int, write: Callable[[Path], None]) -> None:
        """Let `write` fill a folder, make it the checkpoint of `step`, and keep the newest two.

        Training goes on without it, with a log line, while a remote store cannot be reached.

        Raises:
            ValueError: `write` left a file that a store does not keep.
            StoreFull: there is no room; the checkpoints that were there are untouched.
        """
        folder = local_draft(self._backend.drafts, self.key)
        try:
            with naming_full_disks(self._backend.drafts):
                write(folder)
                self._publish(folder, step)
            for old in self.steps()[:-KEPT]:
                self._backend.remove_folder(checkpoint_path(self.key, old))
        except StoreUnreachable as error:
            log.warning("checkpoint %s/%d was not saved: %s", self.key, step, error)
        except StoreFull:
            reclaim(self._backend.drafts)  # room for the next try
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def drop(self) -> None:
        """Remove them all. What cannot be removed now, `verify` sweeps: the stage is finished."""
        try:
            self._backend.remove_folder(self._path)
        except OSError as error:
            log.warning("checkpoints of %s are left behind: %s", self.key, error)

    def _publish(self, folder: Path, step: int) -> None:
        path = checkpoint_path(self.key, step)
        manifest = seal_folder(folder, _name(self.key, step))
        if not self._backend.publish(folder, path, manifest, durable=False):
            self._backend.remove_folder(path)
            self._backend.publish(folder, path, manifest, durable=False)

    def _manifest(self, step: int) -> Manifest:
        path = checkpoint_path(self.key, step)
        manifest = load_manifest(self._backend, path, _name(self.key, step))
        if not self._backend.has(path, manifest.sizes()):
            raise Damage("a file is missing or has the wrong size")
        return manifest

    def _verified_folder(self, step: int) -> Path:
        manifest = self._manifest(step)
        path = checkpoint_path(self.key, step)
        for name in manifest.files:
            file = verified_path(self._backend, path, manifest, name)
        return file.parents[len(Path(name).parts) - 1]


def _name(key: str, step: int) -> str:
    return f"{key}/{step:08d}"
