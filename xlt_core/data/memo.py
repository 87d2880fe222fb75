"""A small memory: a value stays good while its stamp is the same.

Sources keep parsed splits and fingerprints in it, so that a warm worker reads a file once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


def _one(_: object) -> int:
    return 1


class Memo(Generic[V]):
    """Values by key, at most `room` of them together, the least recently used dropped first.

    `weigh` says what a value takes of the room (by default 1); one that would fill it alone is
    not kept. Safe between threads; two that ask at once may both make the value.
    """

    def __init__(self, room: int = 10_000, weigh: Callable[[V], int] = _one) -> None:
        self._room = room
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, tuple[Hashable, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], V]) -> V:
        """Return the value kept for `key` if its stamp is `stamp`, else make and keep it."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(key)
                return kept[1]
        value = make()
        with self._lock:
            self._kept[key] = (stamp, value)
            self._kept.move_to_end(key)
            self._make_room()
        return value

    def _make_room(self) -> None:
        taken = sum(self._weigh(value) for _, value in self._kept.values())
        while taken > self._room:
            _, (_, dropped) = self._kept.popitem(last=False)
            taken -= self._weigh(dropped)
