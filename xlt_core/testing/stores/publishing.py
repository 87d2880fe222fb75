"""Publishing: a stage is there whole or not at all, under its key, once; and is read back."""

from __future__ import annotations

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from xlt_core.store import Store
from xlt_core.testing.stores.place import FILES, OnAPlace, again, publish, read
from xlt_core.vocabulary.fingerprint import fingerprint

ABOUT = {"kind": "train", "title": "mnli > xnli #0", "seconds": 12.5, "finished": 100.0}


class PublishingSuite(OnAPlace):
    """What goes in comes out; nothing else does."""

    def test_a_published_stage_is_read_back_byte_for_byte(self, store: Store, key: str) -> None:
        """What goes in comes out, with its record, names and size."""
        assert publish(store, key, FILES, **ABOUT)
        stage = read(store, key)
        assert stage.key == key
        assert stage.about == {"key": key, **ABOUT}
        assert stage.files == ("scores.json", "stage.json", "weights.safetensors")
        assert stage.bytes == sum(stage.path(name).stat().st_size for name in stage.files)
        for name, content in FILES.items():
            assert stage.path(name).read_bytes() == content
        assert stage.json("scores.json") == {"primary": 50.0}

    def test_nothing_is_there_before_it_is_published(self, store: Store, key: str) -> None:
        """A draft is invisible, and gone when it is left without publishing."""
        with store.draft(key) as draft:
            (draft.folder / "scores.json").write_text("{}")
            assert not store.contains(key)
            assert store.read(key) is None
        assert not draft.folder.exists()
        assert not store.contains(key)
        assert list(store.keys()) == []

    def test_an_error_while_writing_leaves_nothing(self, store: Store, key: str) -> None:
        """The error comes through, the draft goes."""
        with pytest.raises(RuntimeError, match="out of luck"), store.draft(key) as draft:
            (draft.folder / "scores.json").write_text("{}")
            raise RuntimeError("out of luck")
        assert not draft.folder.exists()
        assert not store.contains(key)

    def test_the_second_to_publish_is_dropped(self, store: Store, key: str) -> None:
        """The first stays, and the second is told."""
        assert publish(store, key, {"scores.json": b"1"}, worker="first")
        assert not publish(store, key, {"scores.json": b"1"}, worker="second")
        assert dict(read(store, key).about)["worker"] == "first"
        assert store.verify().leftovers == []

    def test_files_may_lie_in_subfolders(self, store: Store, key: str) -> None:
        """A name may have parts."""
        publish(store, key, {"tokenizer/config.json": b"{}", "curve/loss.jsonl": b"1\n"})
        stage = read(store, key)
        assert stage.json("tokenizer/config.json") == {}
        assert stage.path("curve/loss.jsonl").read_bytes() == b"1\n"

    @pytest.mark.parametrize(
        "name", ["model.bin", "state.pt", "state.pkl", "x.json.gz", "noname", ".json", "a/b.npz"]
    )
    def test_other_files_than_safetensors_and_json_are_refused(
        self, store: Store, key: str, name: str
    ) -> None:
        """Nothing is published, so that nothing pickled is ever loaded."""
        with pytest.raises(ValueError, match="keeps only"):
            publish(store, key, {"scores.json": b"1", name: b"x"})
        assert not store.contains(key)

    @pytest.mark.parametrize("about", [{"loss": float("nan")}, {"loss": float("inf")}])
    def test_a_record_without_a_json_form_is_refused(
        self, store: Store, key: str, about: dict[str, Any]
    ) -> None:
        """NaN is not JSON."""
        with pytest.raises(ValueError), store.draft(key) as draft:
            draft.publish(about)
        assert not store.contains(key)

    def test_links_are_refused(self, store: Store, key: str, tmp_path: Path) -> None:
        """A link's target may change after its checksum was taken."""
        (tmp_path / "elsewhere.json").write_text("{}")
        with pytest.raises(ValueError, match="links"), store.draft(key) as draft:
            (draft.folder / "scores.json").symlink_to(tmp_path / "elsewhere.json")
            draft.publish({})

    def test_of_many_writers_at_once_one_wins(self, store: Store, key: str) -> None:
        """Exactly one is told so, and its files and record are the stage's."""
        start = threading.Barrier(8)

        def race(number: int) -> bool:
            mine = again(store)
            with mine.draft(key) as draft:
                (draft.folder / "scores.json").write_text(json.dumps(number))
                start.wait()
                return draft.publish({"writer": number})

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(race, range(8)))
        assert won.count(True) == 1
        stage = read(store, key)
        assert dict(stage.about)["writer"] == stage.json("scores.json") == won.index(True)
        assert store.verify() == store.verify(repair=False)
        assert store.verify().damaged == []
        assert store.verify().leftovers == []

    @pytest.mark.parametrize("key", ["", "abc", "../../etc", "A" * 64, "g" * 64, "a" * 63 + "/"])
    def test_what_is_no_key_is_refused(self, store: Store, key: str) -> None:
        """A key never reaches out of the store."""
        for method in (store.contains, store.read, store.draft, store.checkpoints):
            with pytest.raises(ValueError, match="64 hexadecimal"):
                method(key)

    def test_many_at_once(self, store: Store) -> None:
        """Asking for all is asking for each."""
        keys = [fingerprint(number) for number in range(12)]
        for key in keys[::4]:
            publish(store, key, {"scores.json": b"1"})
        assert store.contains_all(keys) == set(keys[::4])
        assert {key for key in keys if store.contains(key)} == set(keys[::4])
        assert store.contains_all([]) == set()
        found = store.read_all(keys)
        assert {key: stage.about for key, stage in found.items()} == {
            key: stage.about for key in keys if (stage := store.read(key)) is not None
        }
        assert all(stage.json("scores.json") == 1 for stage in found.values())
        assert store.read_all([]) == {}

    def test_a_stage_published_elsewhere_appears_at_once(self, store: Store, key: str) -> None:
        """No listing is remembered from before."""
        other = again(store)
        assert not store.contains(key)
        assert store.contains_all([key]) == set()
        publish(other, key, FILES)
        assert store.contains(key)
        assert store.contains_all([key]) == {key}
        assert list(store.keys()) == [key]

    def test_a_store_that_does_not_exist_is_empty(self, store: Store) -> None:
        """Looking creates nothing."""
        assert list(store.keys()) == []
        assert store.list() == []
        assert store.executions() == []
        assert store.pins() == {}
        assert store.verify().checked == 0
        assert store.prune(0).stages == []

    def test_an_unknown_file_is_a_key_error(self, store: Store, key: str) -> None:
        """The message names those that are there."""
        publish(store, key, FILES)
        with pytest.raises(KeyError, match=r"scores\.json"):
            read(store, key).path("nothing.json")

    def test_large_json_is_read_and_verified_too(self, store: Store, key: str) -> None:
        """Only when it is asked for."""
        publish(store, key, {"large.json": json.dumps(["x" * 1000] * 2000).encode()})
        assert len(read(store, key).json("large.json")) == 2000

    def test_a_stage_can_be_read_after_the_store_crossed_a_process_border(
        self, store: Store, key: str
    ) -> None:
        """A store is pickled by its place."""
        publish(store, key, FILES)
        again = pickle.loads(pickle.dumps(store))
        assert again.url == store.url
        assert again.read(key).about == read(store, key).about
