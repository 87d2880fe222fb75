"""Names are checked at the door: no manifest, key, lease or pin reaches out of the store."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlt_core.store import DamagedStage, Store
from xlt_core.store.layout import lease_path, stage_path
from xlt_core.store.manifest import BadManifest, FileSeal, Manifest
from xlt_core.store.names import fault_of, is_attempt

KEY = "0" * 64
ESCAPES = [
    "../weights.json",
    "../../../../home/.ssh/authorized_keys.json",
    "a/../../weights.json",
    "a/../weights.json",
    "./weights.json",
    "a/./weights.json",
    "a//weights.json",
    "/etc/weights.json",
    "//host/share/weights.json",
    "..\\weights.json",
    "a\\..\\..\\weights.json",
    "C:\\weights.json",
    "C:/weights.json",
    "C:weights.json",
    "weights.json:stream.json",
    "wei\0ghts.json",
    "wei\nghts.json",
    "\x1b[2J.json",
    "wei\udc80ghts.json",
    "a /weights.json",
    "a./weights.json",
    "x" * 251 + ".json",
    "é" * 126 + ".json",
    "",
    "..",
    "authorized_keys",
    ".json",
    "a/.json",
    "manifest.json",
    "Manifest.JSON.json/../manifest.json",
    "MANIFEST.json",
]
COLLISIONS = [
    ["Weights.json", "weights.json"],
    ["a/b.json", "A/B.json"],
    ["straße.json", "STRASSE.json"],
    ["caf\u00e9.json", "cafe\u0301.json"],
    ["a.json", "a.json/b.json"],
    ["A.json/b.json", "a.json"],
]
GOOD = [
    "weights.safetensors",
    "scores.json",
    "curve.jsonl",
    "predictions.jsonl.zst",
    "tokenizer/config.json",
    "a/b/c d/é.json",
    "...a.json/b..c.jsonl",
    "x" * 250 + ".json",
]


def seal(content: bytes) -> FileSeal:
    """What a file of this content must be."""
    return FileSeal(len(content), hashlib.sha256(content).hexdigest())


def poisoned(*names: str, attempt: str = "") -> Manifest:
    """A manifest with a right seal that names these files beside the record."""
    return Manifest(
        KEY, {name: seal(b"x") for name in names} | {"stage.json": seal(b"{}")}, attempt
    )


def plant(store: Store, manifest: Manifest) -> None:
    """Put a manifest where a stage lies, and a record beside it."""
    store._backend.put(f"{stage_path(KEY)}/stage.json", b"{}")
    store._backend.put(f"{stage_path(KEY)}/manifest.json", manifest.to_bytes())


class TestManifest:
    @pytest.mark.parametrize("names", [*([name] for name in ESCAPES), *COLLISIONS])
    def test_what_reaches_out_or_collides_is_refused(self, names: list[str]) -> None:
        """However well it is sealed."""
        with pytest.raises(BadManifest, match="names what no stage holds"):
            files = {name: [1, "0" * 64] for name in names}
            body = json.dumps({"attempt": "", "files": files, "of": KEY}, separators=(",", ":"))
            Manifest.parse(_sealed(body[:-1]), KEY)

    def test_good_names_are_not(self) -> None:
        """Parts, spaces, letters of any script."""
        assert fault_of(GOOD) is None
        assert Manifest.parse(poisoned(*GOOD).to_bytes(), KEY).files.keys() >= set(GOOD)

    @pytest.mark.parametrize(
        "attempt", ["..", ".", "a/b", "/a", "a\\b", "C:", "a\0", "é", "x" * 256]
    )
    def test_nor_does_an_attempt(self, attempt: str) -> None:
        """The folder of one writer's files."""
        assert not is_attempt(attempt)
        with pytest.raises(BadManifest, match="attempt"):
            Manifest.parse(poisoned(attempt=attempt).to_bytes(), KEY)

    @pytest.mark.parametrize(
        "body",
        [
            '{"attempt":"","files":[],"of":"KEY"',
            '{"attempt":"","files":{"a.json":1},"of":"KEY"',
            '{"attempt":"","files":{"a.json":[-1,"KEY"]},"of":"KEY"',
            '{"attempt":"","files":{"a.json":[true,"KEY"]},"of":"KEY"',
            '{"attempt":"","files":{"a.json":[1,"short"]},"of":"KEY"',
            '{"attempt":"","files":{"a.json":[1,2,3]},"of":"KEY"',
            '{"files":{},"of":"KEY"',
            '{"attempt":""',
            "{" + '"a":[' * 3000,
        ],
    )
    def test_what_is_no_manifest_is_damage(self, body: str) -> None:
        """Never another error, however it is sealed."""
        with pytest.raises(BadManifest):
            Manifest.parse(_sealed(body.replace("KEY", KEY)), KEY)

    @given(st.text(), st.text())
    def test_any_name_is_below_its_folder_or_refused(self, name: str, folder: str) -> None:
        """As the system's own way of joining paths sees it."""
        for text in (name, f"{folder}/{name}", f"{name}.json", f"../{name}.json"):
            if fault_of([text]) is None:
                path = os.path.normpath(f"/store/stage/{text}")
                assert path == f"/store/stage/{text}"


class TestReading:
    """In every kind of store: nothing is served, written or removed outside."""

    @pytest.mark.parametrize("name", ["../" * 9 + "escaped.json", "/tmp/escaped.json", "a\\b.json"])
    def test_a_poisoned_stage_is_set_aside(self, store: Store, name: str, tmp_path: Path) -> None:
        """As damaged; it can be computed again."""
        plant(store, poisoned(name))
        before = _everything(tmp_path)
        assert not store.contains(KEY)
        assert store.contains_all([KEY]) == set()
        assert store.list() == []
        assert [entry.key for entry in store.verify(repair=False).damaged] == [KEY]
        assert store.read(KEY) is None
        assert _everything(tmp_path) - before <= {
            p for p in _everything(tmp_path) if "damaged" in p
        }
        with store.draft(KEY) as draft:
            (draft.folder / "scores.json").write_text("1")
            assert draft.publish({})

    def test_a_poisoned_checkpoint_is_removed(self, store: Store) -> None:
        """The one before it serves."""
        checkpoints = store.checkpoints(KEY)
        checkpoints.save(1, lambda folder: (folder / "state.json").write_text("1") and None)
        manifest = Manifest(f"{KEY}/00000002", {"../../../x.json": seal(b"x")})
        store._backend.put(f"checkpoints/{KEY}/00000002/manifest.json", manifest.to_bytes())
        latest = checkpoints.latest()
        assert latest is not None
        assert (latest / "state.json").read_text() == "1"
        assert checkpoints.steps() == [1]

    @pytest.mark.parametrize("kind", ["local"])
    @pytest.mark.parametrize("where", ["file", "folder", "record", "manifest"])
    def test_links_in_a_stage_are_not_followed(self, store, publish, tmp_path, where) -> None:
        """Even to the very bytes that were published: what they point to may change."""
        size = len(str(tmp_path / "outside"))  # as large as a link to it
        publish(store, KEY, {"weights.safetensors": b"w" * size, "a/b.json": b"2"})
        name = {"file": "weights.safetensors", "folder": "a", "record": "stage.json"}.get(where)
        inside = Path(store.url) / stage_path(KEY) / (name or "manifest.json")
        inside.rename(tmp_path / "outside")
        inside.symlink_to(tmp_path / "outside")
        assert not store.contains(KEY)
        assert store.contains_all([KEY]) == set()
        assert store.read(KEY) is None
        assert (tmp_path / "outside").exists()

    @pytest.mark.parametrize("kind", ["local"])
    def test_a_file_that_became_a_link_is_not_served(self, store, publish, tmp_path) -> None:
        """After the stage was read, before the file is asked for: the target's bytes are others."""
        publish(store, KEY, {"weights.safetensors": b"w" * 9})
        stage = store.read(KEY)
        weights = Path(store.url) / stage_path(KEY) / "weights.safetensors"
        (tmp_path / "secret").write_bytes(b"s" * 9)
        weights.unlink()
        weights.symlink_to(tmp_path / "secret")
        with pytest.raises(DamagedStage):
            stage.path("weights.safetensors")


class TestPublishing:
    @pytest.mark.parametrize("names", [["a\\b.json"], ["C:x.json"], *COLLISIONS[:4]])
    @pytest.mark.parametrize("kind", ["local", "memory"])
    def test_what_could_not_be_read_is_not_written(self, store, publish, names, tmp_path) -> None:
        """On a file system where such names can be made at all."""
        for number, name in enumerate(names):
            path = tmp_path / "try" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(number))
        found = [(tmp_path / "try" / name).read_text() for name in names]
        if len(set(found)) < len(names):
            pytest.skip("this file system takes them for one name")
        with pytest.raises(ValueError, match=r"no name|one name"):
            publish(store, KEY, dict.fromkeys(names, b"1"))
        assert not store.contains(KEY)

    @pytest.mark.parametrize("kind", ["local", "memory"])
    def test_pipes_and_sockets_are_not_waited_for(self, store: Store) -> None:
        """Reading one would never end."""
        with pytest.raises(ValueError, match="pipes"), store.draft(KEY) as draft:
            os.mkfifo(draft.folder / "scores.json")
            draft.publish({})


class TestKeys:
    BAD = ("", "..", "../../etc", "a/b", "A" * 64, "0" * 63 + "/", "0" * 64 + "\n", "٠" * 64)

    @pytest.mark.parametrize("key", BAD)
    def test_no_path_is_made_of_what_is_no_key(self, tmp_path: Path, key: str) -> None:
        """By any door of the store."""
        store = Store(tmp_path / "stages")
        for door in (
            store.contains,
            store.read,
            store.draft,
            store.checkpoints,
            store.lease_holder,
        ):
            with pytest.raises(ValueError, match="64 hexadecimal"):
                door(key)
        for door in (lambda: store.lease(key, "me"), lambda: lease_path(key, 2)):
            with pytest.raises(ValueError, match="64 hexadecimal"):
                door()
        with pytest.raises(ValueError, match="key"):
            store.pin("sweep", [key])
        assert store.contains_all([]) == set()
        assert not (tmp_path / "stages").exists()

    @pytest.mark.parametrize(
        "name",
        ["../x.json", f"{KEY}.json/x", f"{KEY}.1.json", f"{KEY}.02.json", f"{KEY}.x.json", "x"],
    )
    def test_other_files_beside_the_leases_are_none(self, tmp_path: Path, name: str) -> None:
        """They neither hold anything nor are they removed."""
        store = Store(tmp_path / "stages")
        path = tmp_path / "stages" / "leases" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        with store.lease("1" * 64, "me") as lease:
            assert lease is not None
        assert store.lease_holder(KEY) is None
        assert path.read_text() == "{}"


def _sealed(body: str) -> bytes:
    """A manifest as `Manifest.to_bytes` would write it, whatever it says."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    return f'{body},"seal":"{digest}"}}\n'.encode()


def _everything(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}
