"""What every store promises, whatever it lies on: the conformance suite of backends."""

from __future__ import annotations

import errno
import json
import logging
import pickle
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xlt_core.store import DamagedStage, Store, StoreFull
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint

FILES = {"scores.json": b'{"primary": 50.0}', "weights.safetensors": b"\x00weights" * 100}
ABOUT = {"kind": "train", "title": "mnli > xnli #0", "seconds": 12.5, "finished": 100.0}


class TestPublish:
    def test_a_published_stage_is_read_back_byte_for_byte(self, store, key, publish):
        """What goes in comes out, with its record, names and size."""
        assert publish(store, key, FILES, **ABOUT)
        stage = store.read(key)
        assert stage.key == key
        assert stage.about == {"key": key, **ABOUT}
        assert stage.files == ("scores.json", "stage.json", "weights.safetensors")
        assert stage.bytes == sum(stage.path(name).stat().st_size for name in stage.files)
        for name, content in FILES.items():
            assert stage.path(name).read_bytes() == content
        assert stage.json("scores.json") == {"primary": 50.0}

    def test_nothing_is_there_before_it_is_published(self, store, key):
        """A draft is invisible, and gone when it is left without publishing."""
        with store.draft(key) as draft:
            (draft.folder / "scores.json").write_text("{}")
            assert not store.contains(key)
            assert store.read(key) is None
        assert not draft.folder.exists()
        assert not store.contains(key)
        assert list(store.keys()) == []

    def test_an_error_while_writing_leaves_nothing(self, store, key):
        """The error comes through, the draft goes."""
        with pytest.raises(RuntimeError, match="out of luck"), store.draft(key) as draft:
            (draft.folder / "scores.json").write_text("{}")
            raise RuntimeError("out of luck")
        assert not draft.folder.exists()
        assert not store.contains(key)

    def test_the_second_to_publish_is_dropped(self, store, key, publish):
        """The first stays, and the second is told."""
        assert publish(store, key, {"scores.json": b"1"}, worker="first")
        assert not publish(store, key, {"scores.json": b"1"}, worker="second")
        assert store.read(key).about["worker"] == "first"
        assert store.verify().leftovers == []

    def test_files_may_lie_in_subfolders(self, store, key, publish):
        """A name may have parts."""
        publish(store, key, {"tokenizer/config.json": b"{}", "curve/loss.jsonl": b"1\n"})
        stage = store.read(key)
        assert stage.json("tokenizer/config.json") == {}
        assert stage.path("curve/loss.jsonl").read_bytes() == b"1\n"

    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize(
        "name", ["model.bin", "state.pt", "state.pkl", "x.json.gz", "noname", ".json", "a/b.npz"]
    )
    def test_other_files_than_safetensors_and_json_are_refused(self, store, key, publish, name):
        """Nothing is published, so that nothing pickled is ever loaded."""
        with pytest.raises(ValueError, match="keeps only"):
            publish(store, key, {"scores.json": b"1", name: b"x"})
        assert not store.contains(key)

    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize("about", [{"loss": float("nan")}, {"loss": float("inf")}])
    def test_a_record_without_a_json_form_is_refused(self, store, key, about):
        """NaN is not JSON."""
        with pytest.raises(ValueError), store.draft(key) as draft:
            draft.publish(about)
        assert not store.contains(key)

    def test_links_are_refused(self, store, key, tmp_path):
        """A link's target may change after its checksum was taken."""
        (tmp_path / "elsewhere.json").write_text("{}")
        with pytest.raises(ValueError, match="links"), store.draft(key) as draft:
            (draft.folder / "scores.json").symlink_to(tmp_path / "elsewhere.json")
            draft.publish({})

    def test_of_many_writers_at_once_one_wins(self, store, key):
        """Exactly one is told so, and its files and record are the stage's."""
        start = threading.Barrier(8)

        def race(number: int) -> bool:
            mine = Store(store.url, scratch=store.scratch)
            with mine.draft(key) as draft:
                (draft.folder / "scores.json").write_text(json.dumps(number))
                start.wait()
                return draft.publish({"writer": number})

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(race, range(8)))
        assert won.count(True) == 1
        stage = store.read(key)
        assert stage.about["writer"] == stage.json("scores.json") == won.index(True)
        assert store.verify() == store.verify(repair=False)
        assert store.verify().damaged == store.verify().leftovers == []

    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize("key", ["", "abc", "../../etc", "A" * 64, "g" * 64, "a" * 63 + "/"])
    def test_what_is_no_key_is_refused(self, store, key):
        """A key never reaches out of the store."""
        for method in (store.contains, store.read, store.draft, store.checkpoints):
            with pytest.raises(ValueError, match="64 hexadecimal"):
                method(key)


class TestContains:
    def test_many_at_once(self, store, publish):
        """Asking for all is asking for each."""
        keys = [fingerprint(number) for number in range(12)]
        for key in keys[::4]:
            publish(store, key, {"scores.json": b"1"})
        assert store.contains_all(keys) == set(keys[::4])
        assert {key for key in keys if store.contains(key)} == set(keys[::4])
        assert store.contains_all([]) == set()

    def test_a_stage_published_elsewhere_appears_at_once(self, store, key, publish):
        """No listing is remembered from before."""
        other = Store(store.url, scratch=store.scratch)
        assert not store.contains(key)
        assert store.contains_all([key]) == set()
        publish(other, key, FILES)
        assert store.contains(key)
        assert store.contains_all([key]) == {key}
        assert list(store.keys()) == [key]

    def test_a_store_that_does_not_exist_is_empty(self, store):
        """Looking creates nothing."""
        assert list(store.keys()) == store.list() == store.executions() == []
        assert store.pins() == {}
        assert store.verify().checked == 0
        assert store.prune(0).stages == []


class TestRead:
    def test_an_unknown_file_is_a_key_error(self, store, key, publish):
        """The message names those that are there."""
        publish(store, key, FILES)
        with pytest.raises(KeyError, match=r"scores\.json"):
            store.read(key).path("nothing.json")

    def test_large_json_is_read_and_verified_too(self, store, key, publish):
        """Only when it is asked for."""
        publish(store, key, {"large.json": json.dumps(["x" * 1000] * 2000).encode()})
        assert len(store.read(key).json("large.json")) == 2000

    def test_a_stage_can_be_read_after_the_store_crossed_a_process_border(
        self, store, key, publish
    ):
        """A store is pickled by its place."""
        publish(store, key, FILES)
        again = pickle.loads(pickle.dumps(store))
        assert again.url == store.url
        assert again.read(key).about == store.read(key).about


class TestDamage:
    """A damaged stage is set aside with a warning, never served, and can be computed again."""

    @pytest.mark.parametrize("name", ["scores.json", "stage.json"])
    def test_a_changed_json_file(self, store, key, publish, damage, caplog, name):
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

    def test_changed_weights(self, store, key, publish, damage):
        """The error says what happened; the stage is gone and can be computed again."""
        publish(store, key, FILES)
        damage(store, key, "weights.safetensors", lambda data: data[:-1] + b"!")
        with pytest.raises(DamagedStage, match=r"weights\.safetensors"):
            store.read(key).path("weights.safetensors")
        assert store.read(key) is None
        assert publish(store, key, FILES)

    @pytest.mark.parametrize("name", ["weights.safetensors", "stage.json"])
    def test_a_file_cut_short_or_gone(self, store, key, publish, damage, name):
        """Sizes are looked at even by `contains`."""
        for change in (lambda data: data[:-1], lambda data: None):
            assert publish(store, key, FILES)
            damage(store, key, name, change)
            assert not store.contains(key)
            assert store.contains_all([key]) == set()
            assert store.read(key) is None

    @pytest.mark.parametrize("kind", ["local", "memory"])
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
    def test_a_changed_manifest(self, store, key, publish, damage, change):
        """Every byte of it counts."""
        publish(store, key, FILES)
        damage(store, key, "manifest.json", change)
        assert not store.contains(key)
        assert store.contains_all([key]) == set()
        assert store.list() == []
        assert store.read(key) is None

    @pytest.mark.parametrize("kind", ["local"])
    def test_a_stage_under_another_key_is_not_that_stage(self, store, key, publish):
        """A manifest says whose it is; a folder copied by hand deceives nobody."""
        other = fingerprint("another stage")
        publish(store, other, FILES)
        root = Path(store.url)
        shutil.copytree(root / other[:2] / other, root / key[:2] / key)
        assert not store.contains(key)
        assert store.read(key) is None
        assert store.read(other) is not None

    def test_a_writer_replaces_a_damaged_stage(self, store, key, publish, damage):
        """Publishing does not lose against a wreck."""
        publish(store, key, FILES)
        damage(store, key, "manifest.json", lambda data: data[:-2])
        assert publish(store, key, FILES)
        assert store.read(key).path("weights.safetensors").is_file()

    def test_an_outdated_reading_does_not_set_the_new_stage_aside(
        self, store, key, publish, damage
    ):
        """Only what was seen damaged moves, not what has been computed since."""
        publish(store, key, FILES)
        stale = store.read(key)
        damage(store, key, "weights.safetensors", lambda data: data[:-1] + b"!")
        with pytest.raises(DamagedStage):
            store.read(key).path("weights.safetensors")
        publish(store, key, FILES)
        assert not stale._set_aside("again")
        assert store.contains(key)


class TestFullDisk:
    def test_a_full_disk_while_writing_is_named(self, store, key):
        """The error has the path and the free space, and is a fault of the machine."""
        with pytest.raises(StoreFull, match="bytes free") as caught, store.draft(key) as draft:
            raise OSError(errno.ENOSPC, "No space left on device")
        assert isinstance(caught.value, OSError)
        assert str(draft.folder.parent) in str(caught.value)
        assert pickle.loads(pickle.dumps(caught.value)).errno == errno.ENOSPC


class TestPins:
    def test_pins_are_kept_by_sweep(self, store):
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

    def test_what_is_no_key_cannot_be_pinned(self, store):
        """A wrong pin would protect nothing in silence."""
        with pytest.raises(ValueError, match="key"):
            store.pin("sweep", ["mnli"])

    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize(
        "content", [b"", b"{", b"{}", b"[]", b'{"keys": ["../x"]}', b'{"keys": 1}']
    )
    def test_a_damaged_pin_is_not_taken_for_none(self, store, publish, key, content):
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


class TestList:
    def test_stages_are_listed_oldest_first(self, store, publish):
        """With what a person wants to know, and who pins them."""
        old, new = fingerprint("old"), fingerprint("new")
        publish(store, new, {"a.json": b"1"}, finished=2.0, kind="evaluate", parents=[old])
        publish(store, old, FILES, **{**ABOUT, "finished": 1.0})
        store.pin("b", [old])
        store.pin("a", [old])
        first, second = store.list()
        assert (first.key, first.kind, first.title) == (old, "train", "mnli > xnli #0")
        assert (first.seconds, first.finished, first.sweeps) == (12.5, 1.0, ("a", "b"))
        assert first.bytes == store.read(old).bytes
        assert (second.key, second.parents, second.sweeps) == (new, (old,), ())
        assert list(store.keys()) == sorted([old, new])


class TestVerify:
    def test_every_byte_of_every_stage_is_read(self, store, publish, damage):
        """Even weights that this process has seen to be good before."""
        keys = [fingerprint(number) for number in range(4)]
        for key in keys:
            publish(store, key, FILES)
            store.read(key).path("weights.safetensors")
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

    def test_checkpoints_of_a_finished_stage_are_leftovers(self, store, key, publish):
        """Those of an unfinished one are where it goes on."""
        unfinished = fingerprint("unfinished")
        for name in (key, unfinished):
            store.checkpoints(name).save(1, _write_json)
        publish(store, key, FILES)
        assert store.verify(repair=False).leftovers == [f"checkpoints/{key}"]
        store.verify()
        assert store.checkpoints(key).latest() is None
        assert store.checkpoints(unfinished).latest_step() == 1


class TestPrune:
    def test_the_cheapest_bytes_go_first(self, store, publish):
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

    def test_a_leased_stage_stays(self, store, key, publish):
        """Somebody is at work on it."""
        publish(store, key, FILES)
        with store.lease(key, "worker"):
            assert store.prune(0, dry_run=False).stages == []
        assert [stage.key for stage in store.prune(0, dry_run=False).stages] == [key]
        assert list(store.keys()) == []


class TestCheck:
    def test_a_good_place_passes(self, store):
        """And is left empty."""
        store.check()
        assert list(store.keys()) == []


def _write_json(folder: Path) -> None:
    (folder / "state.json").write_text("{}")
