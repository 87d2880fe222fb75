"""Stages left at an end are one line where they had not begun, and one each where they had."""

from __future__ import annotations

from sweeps.execution.left import Left
from xlt_core.vocabulary.events import (
    Event,
    StageCancelledEvent,
    StagesLeft,
    SweepFinished,
    TrialInterrupted,
)

WAITING = StageCancelledEvent("t", "train", False, stage="w")
RUNNING = StageCancelledEvent("t", "train", True, stage="r")
ENDED = SweepFinished("s", "stopped")


def told(*events: Event) -> list[tuple[str, object]]:
    left = Left()
    found = [known for event in events for known in left.take(event)]
    return [(event.kind, event.count if isinstance(event, StagesLeft) else None) for event in found]


class TestLeft:
    def test_one_line_however_many(self) -> None:
        """It comes before what comes next, and what comes between does not part it."""
        between = TrialInterrupted(trial=1)
        assert told(*[WAITING] * 5, between, *[WAITING] * 3, ENDED) == [
            ("trial_interrupted", None),
            ("stages_left", 8),
            ("sweep_finished", None),
        ]

    def test_each_time_anew(self) -> None:
        assert told(WAITING, ENDED, ENDED, WAITING, WAITING, ENDED) == [
            ("stages_left", 1),
            *[("sweep_finished", None)] * 2,
            ("stages_left", 2),
            ("sweep_finished", None),
        ]

    def test_a_stage_that_ran_keeps_its_line(self) -> None:
        """So does one of which nobody said whether it did."""
        unsaid = StageCancelledEvent("t", "train", stage="u")
        assert [kind for kind, _ in told(RUNNING, unsaid)] == ["stage_cancelled"] * 2
