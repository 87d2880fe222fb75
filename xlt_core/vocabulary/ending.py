"""Whether a process has been told to end: what runs in it had better be handed over."""

from __future__ import annotations

from collections.abc import Callable

Ending = Callable[[], bool]


def never() -> bool:
    """Nobody tells this process to end."""
    return False
