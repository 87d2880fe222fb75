"""Stages that a sweep leaves when it ends early: those not begun are one line, not one each.

Part of `recorder`, which hands every event through.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlt_core.vocabulary.events import Event

# What comes between: the lines of one ending stay together.
_OF_AN_ENDING = ("stage_progress", "stage_interrupted", "trial_interrupted")


class Left:
    """Counts; `take` each event in order."""

    def __init__(self) -> None:
        self._count = 0

    def take(self, event: Event) -> Iterator[Event]:
        """What is to be noted now: the event, if it is no such stage's, after what was counted."""
        if event.kind == "stage_cancelled" and not event.fields.get("begun", True):
            self._count += 1
            return
        if event.kind not in _OF_AN_ENDING and self._count:
            yield Event("stages_left", fields={"count": self._count})
            self._count = 0
        yield event
