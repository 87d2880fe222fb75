"""Any stage round-trips, and no damaged byte is ever served: property tests, in a folder."""

from __future__ import annotations

import logging
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.small_disk import small_disk  # noqa: F401  (a fixture)
from xlt_core.store import DamagedStage, Store
from xlt_core.store.manifest import FileSeal, Manifest
from xlt_core.vocabulary.fingerprint import fingerprint

KEY = fingerprint("a stage")
names = st.builds(
    str.__add__,
    st.from_regex(r"[a-zé ]{1,8}", fullmatch=True),
    st.sampled_from([".safetensors", ".json", ".jsonl", ".jsonl.zst"]),
).filter(lambda name: name not in ("stage.json", "manifest.json"))
contents = st.dictionaries(names, st.binary(max_size=200), max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
abouts = st.dictionaries(st.text().filter(lambda name: name != "key"), values, max_size=4)


@settings(max_examples=40, deadline=None)
@given(contents, abouts)
def test_any_stage_round_trips(files: dict[str, bytes], about: dict[str, object]) -> None:
    """Names, bytes and record."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        assert _publish(store, files, about)
        stage = store.read(KEY)
        assert stage is not None
        assert stage.about == {"key": KEY, **about}
        assert set(stage.files) == {*files, "stage.json"}
        for name, content in files.items():
            assert stage.path(name).read_bytes() == content
        assert store.verify().damaged == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damaged_byte_is_served(data: st.DataObject) -> None:
    """Flip, cut, lengthen or remove anything: what is still served is what was published."""
    files = {"scores.json": b'{"primary": 1.5}', "weights.safetensors": bytes(range(256))}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        assert _publish(store, files, {"title": "t"})
        place = Path(folder) / KEY[:2] / KEY
        path = data.draw(st.sampled_from(sorted(place.iterdir())), label="file")
        _damage(path, data)
        verdict = store.verify(repair=False)
        assert [entry.key for entry in verdict.damaged] == [KEY]
        assert _served(store) is None
        assert not store.contains(KEY)
        assert len(list((Path(folder) / "damaged").iterdir())) == 1
        assert _publish(store, files, {"title": "t"})
        assert _served(store) == files


seals = st.builds(FileSeal, st.integers(0), st.from_regex(r"[0-9a-f]{64}", fullmatch=True))


@given(st.dictionaries(names, seals), st.from_regex(r"[a-z][a-z0-9._-]{0,30}|", fullmatch=True))
def test_a_manifest_reads_back(files: dict[str, FileSeal], attempt: str) -> None:
    """Whatever it names."""
    manifest = Manifest("of", files, attempt)
    assert Manifest.parse(manifest.to_bytes(), "of") == manifest


def _publish(store: Store, files: dict[str, bytes], about: dict[str, object]) -> bool:
    with store.draft(KEY) as draft:
        for name, content in files.items():
            (draft.folder / name).write_bytes(content)
        return draft.publish(about)


def _served(store: Store) -> dict[str, bytes] | None:
    """All files but the record, by the door that users have; None where the stage is not there."""
    stage = store.read(KEY)
    if stage is None:
        return None
    try:
        return {n: stage.path(n).read_bytes() for n in stage.files if n != "stage.json"}
    except DamagedStage:
        return None


def _damage(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    way = data.draw(st.sampled_from(["flip", "cut", "lengthen", "remove"]), label="way")
    if way == "remove":
        path.unlink()
        return
    at = data.draw(st.integers(0, len(content) - 1), label="at")
    if way == "flip":
        content[at] ^= data.draw(st.integers(1, 255), label="bits")
    elif way == "cut":
        del content[at:]
    else:
        content += b"\n"
    path.write_bytes(content)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["scores.json", "manifest.json"])
def test_a_store_that_may_only_be_looked_at_has_no_damaged_stage(
    small_disk: Path,  # noqa: F811
    key: str,
    publish: Any,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """It stays where it is, is said, and is no stage; good ones are read."""
    store, good = Store(small_disk / "store"), key[::-1]
    for one in (key, good):
        publish(store, one, {"scores.json": b"{}"})
    (path,) = (small_disk / "store").rglob(f"{key}*/{name}")
    path.write_bytes(b" ")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with caplog.at_level(logging.WARNING, "xlt.store"):
        assert store.read(key) is None
    assert "is damaged" in caplog.text
    assert store.read(good) is not None
