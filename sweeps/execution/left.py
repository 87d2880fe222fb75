"""Stages that a sweep leaves when it ends early: those not begun are one line, not one each.

Part of `recorder`, which hands every event through.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlt_core.vocabulary.events import (
    Event,
    StageCancelledEvent,
    StageInterrupted,
    StageProgress,
    StagesLeft,
    TrialInterrupted,
)

# What comes between: the lines of one ending stay together.
_OF_AN_ENDING = (StageProgress, StageInterrupted, TrialInterrupted)


class Left:
    """Counts; `take` each event in order."""

    def __init__(self) -> None:
        self._count = 0

    def take(self, event: Event) -> Iterator[Event]:
        """What is to be noted now: the event, if it is no such stage's, after what was counted."""
        if isinstance(event, StageCancelledEvent) and event.begun is False:
            self._count += 1
            return
        if self._count and not isinstance(event, _OF_AN_ENDING):
            yield StagesLeft(self._count)
            self._count = 0
        yield event
