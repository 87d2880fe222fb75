"""Damage: a stage that is not whole is set aside with a warning, never served, computed again."""

from __future__ import annotations

import errno
import logging
import pickle

import pytest

from xlt_core.store import DamagedStage, Store, StoreFull
from xlt_core.testing.stores.place import FILES, Change, OnAPlace, copy, damage, publish, read
from xlt_core.vocabulary.fingerprint import fingerprint


class DamageSuite(OnAPlace):
    """Every byte is looked at before it is handed out."""

    """A damaged stage is set aside with a warning, never served, and can be computed again."""

    @pytest.mark.parametrize("name", ["scores.json", "stage.json"])
    def test_a_changed_json_file(
        self, store: Store, key: str, caplog: pytest.LogCaptureFixture, name: str
    ) -> None:
        """Read says there is no stage."""
        publish(store, key, FILES)
        damage(store, key, name, lambda data: b" " + data[1:])
        with caplog.at_level(logging.WARNING, "xlt.store"):
            assert store.read(key) is None
        assert key in caplog.text
        assert "set aside" in caplog.text
        assert not store.contains(key)
        assert publish(store, key, FILES)
        assert store.read(key) is not None

    def test_changed_weights(self, store: Store, key: str) -> None:
        """The error says what happened; the stage is gone and can be computed again."""
        publish(store, key, FILES)
        damage(store, key, "weights.safetensors", lambda data: data[:-1] + b"!")
        with pytest.raises(DamagedStage, match=r"weights\.safetensors"):
            read(store, key).path("weights.safetensors")
        assert store.read(key) is None
        assert publish(store, key, FILES)

    def test_among_many_read_at_once(self, store: Store, key: str) -> None:
        """The damaged one is set aside, then or when its weights are asked for; others are read."""
        other = fingerprint("another")
        assert publish(store, key, FILES)
        assert publish(store, other, FILES)
        damage(store, key, "scores.json", lambda data: b" " + data[1:])
        damage(store, other, "weights.safetensors", lambda data: data[:-1] + b"!")
        found = store.read_all([key, other])
        assert list(found) == [other]
        assert not store.contains(key)
        with pytest.raises(DamagedStage, match=r"weights\.safetensors"):
            found[other].path("weights.safetensors")
        assert store.read(other) is None

    @pytest.mark.parametrize("name", ["weights.safetensors", "stage.json"])
    def test_a_file_cut_short_or_gone(self, store: Store, key: str, name: str) -> None:
        """Sizes are looked at even by `contains`."""
        for change in (lambda data: data[:-1], lambda data: None):
            assert publish(store, key, FILES)
            damage(store, key, name, change)
            assert not store.contains(key)
            assert store.contains_all([key]) == set()
            assert store.read(key) is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: b"",
            lambda data: data[:-1],
            lambda data: data + b"\n",
            lambda data: data.replace(b"of", b"fo"),
            lambda data: b"\xff" * 10,
        ],
    )
    def test_a_changed_manifest(self, store: Store, key: str, change: Change) -> None:
        """Every byte of it counts."""
        publish(store, key, FILES)
        damage(store, key, "manifest.json", change)
        assert not store.contains(key)
        assert store.contains_all([key]) == set()
        assert store.list() == []
        assert store.read(key) is None

    def test_a_stage_under_another_key_is_not_that_stage(self, store: Store, key: str) -> None:
        """A manifest says whose it is; a folder copied by hand deceives nobody."""
        other = fingerprint("another stage")
        publish(store, other, FILES)
        copy(store, other, to=key)
        assert not store.contains(key)
        assert store.read(key) is None
        assert store.read(other) is not None

    def test_a_writer_replaces_a_damaged_stage(self, store: Store, key: str) -> None:
        """Publishing does not lose against a wreck."""
        publish(store, key, FILES)
        damage(store, key, "manifest.json", lambda data: data[:-2])
        assert publish(store, key, FILES)
        assert read(store, key).path("weights.safetensors").is_file()

    def test_an_outdated_reading_does_not_set_the_new_stage_aside(
        self, store: Store, key: str
    ) -> None:
        """Only what was seen damaged moves, not what has been computed since."""
        publish(store, key, FILES)
        stale = read(store, key)
        damage(store, key, "weights.safetensors", lambda data: data[:-1] + b"!")
        with pytest.raises(DamagedStage):
            read(store, key).path("weights.safetensors")
        publish(store, key, FILES)
        assert not stale._set_aside("again")
        assert store.contains(key)

    def test_a_full_disk_while_writing_is_named(self, store: Store, key: str) -> None:
        """The error has the path and the free space, and is a fault of the machine."""
        with pytest.raises(StoreFull, match="bytes free") as caught, store.draft(key) as draft:
            raise OSError(errno.ENOSPC, "No space left on device")
        assert isinstance(caught.value, OSError)
        assert str(draft.folder.parent) in str(caught.value)
        assert pickle.loads(pickle.dumps(caught.value)).errno == errno.ENOSPC
