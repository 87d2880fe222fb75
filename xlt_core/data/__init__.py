"""Data: sources of examples, their encoding, and the cache of what was encoded.

Start at `source` (the protocol), then `folder`, `hub` or `xlt_core.lab.source`, then `encoding`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from xlt_core.data.source import Source
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.refs import SourceRef

__all__ = ["Source", "open_source"]


@lru_cache(maxsize=16)
def open_source(ref: SourceRef) -> Source:
    """Open where data come from; the same source again for the same `ref` within a process.

    Raises:
        UserMistake: no such kind of source, or no such folder.
    """
    if ref.kind == "folder":
        from xlt_core.data.folder import FolderSource

        return FolderSource(Path(ref.location))
    if ref.kind == "hub":
        from xlt_core.data.hub import HubSource

        return HubSource(dict(ref.revisions))
    if ref.kind == "lab":
        from xlt_core.lab.source import LabSource

        lab: Source = LabSource(ref)
        return lab
    raise UserMistake(
        Mistake(f"data: {ref.kind}", "is not a kind of source", "write hub, lab or a folder")
    )
