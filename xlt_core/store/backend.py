"""What a store needs of the place it lies in: blobs by path, and folders published whole.

Members: `local` (a folder) and `remote` (any fsspec URL); `place` has the table. Paths are relative
to the root with `/` between parts. A new member passes `xlt_core.testing.stores.StoreSuite`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from xlt_core.store.manifest import FileSeal, Manifest


class Backend(Protocol):
    """The place a store lies in. Faults of disk and network raise OSError."""

    drafts: Path
    """Local folder in which drafts are written."""

    def check(self) -> None:
        """Make the place and try out what a store needs of it. Raises UserMistake."""
        ...

    def get(self, path: str) -> bytes | None:
        """The blob, or None where there is none."""
        ...

    def get_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Those of the blobs that are there, by path."""
        ...

    def get_sealed(self, seals: Mapping[str, FileSeal]) -> dict[str, bytes]:
        """As `get_many`, of blobs that never change: a copy with these bytes will do."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write or replace a blob; readers see the old bytes or the new, never a mixture."""
        ...

    def create(self, path: str, data: bytes) -> bool:
        """Write a blob unless one is there; whether this call wrote it. `data` must be unique.

        A reader may meet it before all its bytes are there.
        """
        ...

    def append(self, path: str, line: str) -> None:
        """Add a line to a text, at once; does nothing where the place cannot."""
        ...

    def remove(self, path: str) -> None:
        """Remove a blob; nothing there is fine."""
        ...

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all it holds; nothing there is fine."""
        ...

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty where there is none. The root is the path ''."""
        ...

    def has(self, path: str, sizes: Mapping[str, int]) -> bool:
        """Whether all these files lie below `path`, each with its size in bytes."""
        ...

    def have(self, wanted: Mapping[str, Mapping[str, int]]) -> set[str]:
        """`has` for many folders at once: those for which it is so."""
        ...

    def fetch(self, path: str, *, again: bool = False) -> Path:
        """A local file with the blob's bytes; `again` distrusts a copy fetched before.

        Raises FileNotFoundError where there is no blob.
        """
        ...

    def publish(self, folder: Path, path: str, manifest: Manifest, *, durable: bool) -> bool:
        """Make `folder`, a draft, appear whole at `path`, or not at all.

        Returns False, and leaves both as they are, where something is at `path` already.
        `durable`: it is on the disk when this returns, whatever happens to the machine.
        """
        ...

    def mark(self, path: str) -> str | None:
        """What tells this folder from another published there later; None where there is none."""
        ...

    def set_aside(self, path: str, to: str, mark: str) -> bool:
        """Move the folder at `path` out of sight unless it is another than `mark` by now."""
        ...

    def age(self, path: str) -> float | None:
        """Seconds since anything below `path` was written, by the place's clock: below 0 where that
        is ahead of ours. None where nothing is there."""
        ...

    def measure(self, path: str, size: int) -> FileSeal | None:
        """Size and SHA-256 of a blob, read whole from where it lies; None where there is none.

        `size`: how many bytes to expect, so that small blobs are read at one go.
        """
        ...

    def orphans(self, path: str) -> list[str]:
        """Folders of attempts below the stage at `path` that no manifest names."""
        ...
