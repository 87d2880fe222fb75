"""A draft: the folder in which a stage is put together before it is published whole.

    with store.draft(key) as draft:
        save(draft.folder / "weights.safetensors")
        draft.publish({"kind": "train", …})

Leaving without publishing, by an error or on purpose, removes it. Next: `local`, `remote`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from xlt_core.store.backend import Backend
from xlt_core.store.errors import naming_full_disks, store_full
from xlt_core.store.files import reclaim
from xlt_core.store.layout import ABOUT, stage_path
from xlt_core.store.local import local_draft
from xlt_core.store.manifest import seal_folder
from xlt_core.vocabulary.errors import is_full_disk

_ROUNDS = 5


class Draft:
    """A stage being written. `folder` is on this machine; only `publish` shows it to others."""

    def __init__(self, backend: Backend, key: str, is_good: Callable[[], bool]) -> None:
        """`is_good`: whether the stage that stands there is whole; one that is not is set aside."""
        self.key = key
        self._backend = backend
        self._is_good = is_good
        self.folder: Path = local_draft(backend.drafts, key)

    def publish(self, about: Mapping[str, object]) -> bool:
        """Publish the folder with `about` as its `stage.json`.

        Of `about`, upkeep reads `kind`, `title`, `seconds` (computing time), `finished` (seconds
        since the epoch) and `parents` (keys of the stages it starts from); the rest is free.

        Returns:
            True if this draft is now the stage; False if one was there, and this was dropped.

        Raises:
            ValueError: the folder holds a file that a store does not keep, or `about` is no JSON.
            StoreFull: there is no room; nothing is published.
        """
        text = json.dumps({"key": self.key, **about}, ensure_ascii=False, allow_nan=False)
        with naming_full_disks(self._backend.drafts):
            (self.folder / ABOUT).write_text(text, encoding="utf-8")
            manifest = seal_folder(self.folder, self.key)
            path = stage_path(self.key)
            for _ in range(_ROUNDS):
                if self._backend.publish(self.folder, path, manifest, durable=True):
                    return True
                if self._is_good():
                    return False
        raise OSError(f"stage {self.key}: what stands in its place can neither be read nor moved")

    def remove(self) -> None:
        """Remove what is left of the draft on this machine."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        full = store_full(self.folder) if error is not None and is_full_disk(error) else None
        self.remove()
        if full is not None:
            reclaim(self._backend.drafts)  # room for the next try
        if full is not None and type(error) is not type(full):
            raise full from error
