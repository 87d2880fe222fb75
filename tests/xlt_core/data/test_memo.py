"""The memory of sources: what is kept, and until when."""

from __future__ import annotations

from xlt_core.data.memo import Memo


def test_a_value_is_made_once_while_its_stamp_holds():
    memo: Memo[list[int]] = Memo()
    first = memo.get("a", 1, lambda: [1])
    assert memo.get("a", 1, lambda: [2]) is first
    assert memo.get("a", 2, lambda: [3]) == [3]


def test_the_least_recently_used_goes_first():
    memo: Memo[str] = Memo(room=4, weigh=len)
    for key in ("ab", "cd"):
        memo.get(key, 0, lambda key=key: key)
    memo.get("ab", 0, lambda: "made again")
    memo.get("ef", 0, lambda: "ef")
    assert memo.get("ab", 0, lambda: "again") == "ab"
    assert memo.get("cd", 0, lambda: "again") == "again"


def test_what_would_fill_the_room_alone_is_given_and_not_kept():
    memo: Memo[str] = Memo(room=4, weigh=len)
    assert memo.get("a", 0, lambda: "too long") == "too long"
    assert memo.get("a", 0, lambda: "b") == "b"
