"""What a worker decides for the node it is on."""

from __future__ import annotations

from pathlib import Path

from sweeps.execution.worker import _cache_here
from xlt_core.store.place import default_scratch


def test_encoded_data_lie_with_the_sweeps_or_on_the_node(tmp_path: Path):
    """A driver's path that means nothing here is no place to make folders in."""
    (tmp_path / "runs").mkdir()
    assert _cache_here(tmp_path / "runs" / "cache") == tmp_path / "runs" / "cache"
    elsewhere = _cache_here(tmp_path / "of another machine" / "cache")
    assert elsewhere.is_relative_to(default_scratch())
    assert not (tmp_path / "of another machine").exists()
