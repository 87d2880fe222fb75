"""Upkeep: what is there, what is whole, what is wanted, and making room."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlt_core.store import Store
from xlt_core.testing.stores.leases import taken
from xlt_core.testing.stores.place import FILES, OnAPlace, damage, publish, read
from xlt_core.testing.stores.publishing import ABOUT
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint


class UpkeepSuite(OnAPlace):
    """What is pinned or at work stays; what is listed is whole."""

    def test_pins_are_kept_by_sweep(self, store: Store) -> None:
        """Whatever its name; pinning again adds."""
        first, second, third = (fingerprint(number) for number in range(3))
        store.pin("order on xnli/β", [first])
        store.pin("order on xnli/β", [second])
        store.pin("..", [third])
        store.pin("empty", [])
        assert store.pins() == {"order on xnli/β": {first, second}, "..": {third}, "empty": set()}
        store.unpin("..")
        store.unpin("unknown")
        assert set(store.pins()) == {"order on xnli/β", "empty"}

    def test_what_is_no_key_cannot_be_pinned(self, store: Store) -> None:
        """A wrong pin would protect nothing in silence."""
        with pytest.raises(ValueError, match="key"):
            store.pin("sweep", ["mnli"])

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"{}", b"[]", b'{"keys": ["../x"]}', b'{"keys": 1}']
    )
    def test_a_damaged_pin_is_not_taken_for_none(
        self, store: Store, key: str, content: bytes
    ) -> None:
        """Pruning would remove what the sweep wants."""
        publish(store, key, FILES)
        store.pin("sweep", [key])
        (name,) = store._backend.names("pins")
        store._backend.put(f"pins/{name}", content)
        for door in (store.pins, store.list, lambda: store.prune(0, dry_run=False)):
            with pytest.raises(UserMistake, match="damaged"):
                door()
        assert store.contains(key)
        store.pin("sweep", [key])
        assert store.pins() == {"sweep": {key}}

    def test_stages_are_listed_oldest_first(self, store: Store) -> None:
        """With what a person wants to know, and who pins them."""
        old, new = fingerprint("old"), fingerprint("new")
        publish(store, new, {"a.json": b"1"}, finished=2.0, kind="evaluate", parents=[old])
        publish(store, old, FILES, **{**ABOUT, "finished": 1.0})
        store.pin("b", [old])
        store.pin("a", [old])
        first, second = store.list()
        assert (first.key, first.kind, first.title) == (old, "train", "mnli > xnli #0")
        assert (first.seconds, first.finished, first.sweeps) == (12.5, 1.0, ("a", "b"))
        assert first.bytes == read(store, old).bytes
        assert (second.key, second.parents, second.sweeps) == (new, (old,), ())
        assert list(store.keys()) == sorted([old, new])

    def test_every_byte_of_every_stage_is_read(self, store: Store) -> None:
        """Even weights that this process has seen to be good before."""
        keys = [fingerprint(number) for number in range(4)]
        for key in keys:
            publish(store, key, FILES)
            read(store, key).path("weights.safetensors")
        damage(store, keys[1], "weights.safetensors", lambda data: data[:-1] + b"!")
        damage(store, keys[2], "manifest.json", lambda data: data[:-1])
        told: list[tuple[int, int]] = []
        report = store.verify(repair=False, progress=lambda done, of: told.append((done, of)))
        assert report.checked == 4
        assert {entry.key for entry in report.damaged} == {keys[1], keys[2]}
        assert told[-1] == (4, 4)
        assert store.verify().damaged == report.damaged
        assert store.verify().damaged == []
        assert store.contains_all(keys) == {keys[0], keys[3]}

    def test_checkpoints_of_a_finished_stage_are_leftovers(self, store: Store, key: str) -> None:
        """Those of an unfinished one are where it goes on."""
        unfinished = fingerprint("unfinished")
        for name in (key, unfinished):
            store.checkpoints(name).save(1, _write_json)
        publish(store, key, FILES)
        assert store.verify(repair=False).leftovers == [f"checkpoints/{key}"]
        store.verify()
        assert store.checkpoints(key).latest() is None
        assert store.checkpoints(unfinished).latest_step() == 1

    def test_the_cheapest_bytes_go_first(self, store: Store) -> None:
        """And only as many as must."""
        cheap, dear, pinned = (fingerprint(name) for name in ("cheap", "dear", "pinned"))
        publish(store, dear, {"w.safetensors": b"x" * 1000}, seconds=100.0)
        publish(store, cheap, {"w.safetensors": b"x" * 1000}, seconds=1.0)
        publish(store, pinned, {"w.safetensors": b"x" * 1000}, seconds=0.0)
        store.pin("sweep", [pinned])
        total = sum(stage.bytes for stage in store.list())
        plan = store.prune(total - 1)
        assert [stage.key for stage in plan.stages] == [cheap]
        assert store.contains(cheap)
        assert store.prune(total - 1, dry_run=False) == plan
        assert store.contains_all([cheap, dear, pinned]) == {dear, pinned}
        assert [s.key for s in store.prune(0, dry_run=False).stages] == [dear]
        assert [s.key for s in store.prune(0, include_pinned=True).stages] == [pinned]
        assert store.verify().damaged == []

    def test_a_leased_stage_stays(self, store: Store, key: str) -> None:
        """Somebody is at work on it."""
        publish(store, key, FILES)
        with taken(store, key, "worker"):
            assert store.prune(0, dry_run=False).stages == []
        assert [stage.key for stage in store.prune(0, dry_run=False).stages] == [key]
        assert list(store.keys()) == []

    def test_a_good_place_passes(self, store: Store) -> None:
        """And is left empty."""
        store.check()
        assert list(store.keys()) == []


def _write_json(folder: Path) -> None:
    (folder / "state.json").write_text("{}")
