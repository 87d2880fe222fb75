"""Trying a place out, on every kind of place."""

from __future__ import annotations

from xlt_core.store import Store
from xlt_core.store.layout import DRAFTS
from xlt_core.store.place import open_backend
from xlt_core.store.probe import leave_mark, local_folder, remove_mark, sees_mark, try_place


def test_how_fast_it_is_and_nothing_is_left(url: str, store: Store) -> None:
    """A number of bytes a second, and a clock that is ours: all runs on this machine."""
    store.check()
    tried = try_place(url, 100_000)
    assert tried.writes > 0 and tried.reads > 0
    assert abs(tried.ahead) <= 2.0, "some services tell whole seconds"
    assert open_backend(store.url, None).names(DRAFTS) == []


def test_a_mark_is_seen_where_it_was_left(url: str) -> None:
    """By whoever looks at the same place, and at no other."""
    name = leave_mark(url)
    assert sees_mark(url, name)
    assert not sees_mark(f"{url}-other", name)
    remove_mark(url, name)
    remove_mark(url, name)
    assert not sees_mark(url, name)


def test_a_folder_is_told_from_a_url(url: str, kind: str) -> None:
    """Only a folder has a disk of this machine below it."""
    assert (local_folder(url) is not None) == (kind == "local")
