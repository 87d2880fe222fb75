"""A process that is killed while it saves a checkpoint; the rest is the public suite's."""

from __future__ import annotations

import pytest

from xlt_core.store import Store
from xlt_core.testing.stores.checkpoints import content, writes


@pytest.mark.fault
def test_killed_while_saving(store: Store, key: str, start, kind: str) -> None:
    """The checkpoint before is the newest."""
    if kind == "memory":
        pytest.skip("another process has another memory")
    store.checkpoints(key).save(1, writes(b"first"))
    code = """
import xlt_core.store.checkpoints as module
store = Store(sys.argv[1], scratch=Path(sys.argv[3]))
module.seal_folder = wait_forever
store.checkpoints(key).save(2, lambda folder: (folder / "state.json").write_text("{}"))
"""
    other = start(code, store.url, key, str(store.scratch))
    assert other.said() == "here"
    other.kill()
    assert content(store.checkpoints(key).latest()) == b"first"
    assert len(store.verify().leftovers) == 1
    assert store.verify().leftovers == []
