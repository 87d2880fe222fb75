"""Where a store may be, and what a user is told where it may not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.odd_names import ODD
from xlt_core.store import Store
from xlt_core.store.place import normal_url
from xlt_core.store.service import open_service
from xlt_core.vocabulary.errors import UserMistake


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "not a place"),
        ("  ", "not a place"),
        ("runs\0stages", "not a place"),
        ("quux://bucket/stages", "quux:// is not known"),
        ("S3:/", None),
        ("s3://", "names no bucket"),
        ("://x", "is not known"),
        ("s3://bucket/exp[1]/stages", "name many files at once"),
        ("S3://bucket/exp*", "name many files at once"),
    ],
)
def test_nonsense_is_the_users_mistake(url: str, said: str | None) -> None:
    """With a remedy; anything that can be a folder's name is one."""
    if said is None:
        assert Path(normal_url(url)).is_absolute()
        return
    with pytest.raises(UserMistake, match=said) as caught:
        Store(url)
    assert caught.value.mistakes[0].remedy


def test_one_place_has_one_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it is written, and wherever the process goes later."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    here = str(tmp_path / "stages")
    for text in ("stages", Path("stages"), "~/stages", f"file://{here}", "./stages/"):
        assert Store(text).url == here
    for text in ("s3://bucket/stages/", "S3://bucket/stages"):
        assert Store(text).url == "s3://bucket/stages"
    assert Store("memory://stages").url == "memory://stages"


@pytest.mark.parametrize("name", ODD)
def test_a_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    """Given as a path or as a file: URL it is that folder, and what is published comes back."""
    folder = tmp_path / name / "stages"
    address = folder.as_uri()
    for text in (
        folder,
        address,
        address.replace("file://", "file://localhost"),
        address[:5] + address[7:],
    ):
        assert normal_url(text) == str(folder), text
    store = Store(address)
    store.check()
    with store.draft("ab" * 32) as draft:
        (draft.folder / "scores.json").write_text("{}")
        draft.publish({"kind": "evaluate"})
    assert Store(folder).contains("ab" * 32)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_password_is_in_no_word_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor in what it raises, nor in the name of its scratch folder, which changes with none."""
    monkeypatch.setenv("XLT_STORE_PASSWORD", "canary")
    urls = (f"ftp://me:{word}@127.0.0.1:9/x" for word in ("canary", "${XLT_STORE_PASSWORD}", "b"))
    stores = [Store(url) for url in urls]
    assert len({store.scratch for store in stores}) == 1
    for store in stores:
        with pytest.raises(UserMistake) as caught:
            store.check()
        told = f"{caught.value} {store!r} {caught.value.__cause__!r}"
        assert "canary" not in told
        assert "ftp://me@127.0.0.1:9/x" in told


def test_the_service_is_given_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, not decoded; from the address or from the environment."""
    from fsspec.implementations import ftp

    given: list[tuple[str, str]] = []

    def connect(self: ftp.FTPFileSystem) -> None:
        given.append(self.cred[:2])
        self.ftp = io.BytesIO()  # closed when it is dropped

    monkeypatch.setattr(ftp.FTPFileSystem, "_connect", connect)
    monkeypatch.setenv("XLT_STORE_PASSWORD", "a%40b")
    for word in ("a%40b", "${XLT_STORE_PASSWORD}"):
        open_service(f"ftp://me:{word}@127.0.0.1:9/{len(given)}", "ftp")
    assert given == [("me", "a%40b")] * len(given) and given


def test_a_file_is_no_store(tmp_path: Path) -> None:
    """Said before anything is written."""
    (tmp_path / "stages").write_text("")
    with pytest.raises(UserMistake, match="is a file"):
        Store(tmp_path / "stages")


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    """Neither in preflight nor later."""
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "stages")
    for attempt in (store.check, lambda: store.draft("0" * 64)):
        with pytest.raises(UserMistake, match="cannot be written to"):
            attempt()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_an_unwritable_folder_is_the_users_mistake(tmp_path: Path) -> None:
    """As somebody who is not root sees it."""
    folder = tmp_path / "stages"
    folder.mkdir(mode=0o755)
    code = """
import os, sys
from xlt_core.store import Store
from xlt_core.vocabulary.errors import UserMistake
store = Store(sys.argv[1])
for attempt in (store.check, lambda: store.draft("0" * 64)):
    import errno, filelock
    os.setegid(12345), os.seteuid(12345)
    try:
        attempt()
    except UserMistake as mistake:
        print(mistake.mistakes[0].what)
    os.seteuid(0), os.setegid(0)
"""
    for parent in (tmp_path, *tmp_path.parents):
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["cannot be written to: Permission denied"] * 2, done.stderr

    for name in ("", "drafts", "ab", "cd"):
        (folder / name).mkdir(mode=0o777, exist_ok=True)
        (folder / name).chmod(0o755 if name in ("ab", "cd") else 0o777)
    code = code.replace('(store.check, lambda: store.draft("0" * 64))', "(store.check,)")
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    said = "cannot be written to: 2 of its folders are another's (ab, …)"
    assert done.stdout.splitlines() == [said], done.stderr


def test_a_bucket_that_is_not_there_is_the_users_mistake(s3: str, tmp_path: Path) -> None:
    """Found by preflight."""
    store = Store("s3://no-such-bucket/stages", scratch=tmp_path)
    assert list(store.keys()) == []
    with pytest.raises(UserMistake, match="cannot be written to") as caught:
        store.check()
    assert "bucket" in caught.value.mistakes[0].remedy


def test_a_read_only_protocol_is_the_users_mistake(tmp_path: Path) -> None:
    """Found by preflight."""
    with pytest.raises(UserMistake):
        Store("data://x", scratch=tmp_path).check()


def test_making_a_store_touches_nothing(tmp_path: Path) -> None:
    """It is made when something is written."""
    store = Store(tmp_path / "deep" / "stages")
    assert not store.contains("0" * 64)
    assert store.lease_holder("0" * 64) is None
    assert list(tmp_path.iterdir()) == []
    with store.draft("0" * 64) as draft:
        (draft.folder / "scores.json").write_text("1")
        assert draft.publish({})
    assert store.contains("0" * 64)
