"""Checkpoints: the newest whole one is found, two are kept, torn ones never come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlt_core.store import Store
from xlt_core.testing.stores.place import Change, OnAPlace, again, damage_in


def writes(content: bytes) -> Callable[[Path], None]:
    """A writer of one checkpoint."""

    def write(folder: Path) -> None:
        (folder / "state.json").write_bytes(b"{}")
        (folder / "weights.safetensors").write_bytes(content)

    return write


def content(folder: Path | None) -> bytes:
    """What such a checkpoint holds."""
    assert folder is not None
    return (folder / "weights.safetensors").read_bytes()


class CheckpointSuite(OnAPlace):
    """Where a killed worker's successor goes on."""

    def test_the_newest_is_found(self, store: Store, key: str) -> None:
        """By any store on the same place; two are kept."""
        checkpoints = store.checkpoints(key)
        assert checkpoints.latest() is None
        assert checkpoints.latest_step() is None
        for step in (5, 90, 1000):
            checkpoints.save(step, writes(f"at {step}".encode()))
            other = again(store).checkpoints(key)
            assert other.latest_step() == step
            assert content(other.latest()) == f"at {step}".encode()
        assert checkpoints.steps() == [90, 1000]
        checkpoints.drop()
        checkpoints.drop()
        assert checkpoints.latest() is None

    @pytest.mark.parametrize("name", ["weights.safetensors", "manifest.json", "state.json"])
    @pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"!" + data[1:]])
    def test_a_torn_one_is_skipped_and_removed(
        self, store: Store, key: str, name: str, change: Change
    ) -> None:
        """The one before it serves."""
        checkpoints = store.checkpoints(key)
        checkpoints.save(1, writes(b"first"))
        checkpoints.save(2, writes(b"second"))
        of = f"{key}/00000002"
        damage_in(store, f"checkpoints/{of}", of, name, change)
        assert content(checkpoints.latest()) == b"first"
        assert checkpoints.steps() == [1]
        checkpoints.save(2, writes(b"second again"))
        assert content(checkpoints.latest()) == b"second again"

    def test_saving_a_step_again_replaces_it(self, store: Store, key: str) -> None:
        """A successor passes the same steps."""
        checkpoints = store.checkpoints(key)
        checkpoints.save(3, writes(b"old"))
        checkpoints.save(3, writes(b"new"))
        assert content(checkpoints.latest()) == b"new"
        assert checkpoints.steps() == [3]

    def test_a_failing_writer_leaves_what_was_there(self, store: Store, key: str) -> None:
        """And no draft."""
        checkpoints = store.checkpoints(key)
        checkpoints.save(1, writes(b"first"))

        def fail(folder: Path) -> None:
            writes(b"half")(folder)
            raise RuntimeError("no more")

        with pytest.raises(RuntimeError):
            checkpoints.save(2, fail)
        assert content(checkpoints.latest()) == b"first"
        assert store.verify().leftovers == []

    def test_pickles_are_refused(self, store: Store, key: str) -> None:
        """As in a stage."""
        with pytest.raises(ValueError, match="keeps only"):
            store.checkpoints(key).save(1, _pickle)
        assert store.checkpoints(key).latest_step() is None


def _pickle(folder: Path) -> None:
    (folder / "x.pt").write_bytes(b"x")
