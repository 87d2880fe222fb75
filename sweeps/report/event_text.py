"""Events in words: one line each, of `xlt run` and `xlt logs` alike.

Neighbours: `progress`, `sweeps.cli.logs`.
"""

from __future__ import annotations

import time

from xlt_core.vocabulary.events import (
    Event,
    Message,
    OtherEvent,
    Phase,
    ServedStage,
    StageCancelledEvent,
    StageDone,
    StageEvent,
    StageFailedEvent,
    StageFinished,
    StageInterrupted,
    StageMoved,
    StageProgress,
    StageRetried,
    StageReused,
    StagesLeft,
    StageStarted,
    SweepFinished,
    SweepStarted,
    SweepWaits,
    TrialEvent,
    TrialFailed,
    TrialFinished,
    TrialInterrupted,
    TrialStarted,
    WorkerFailed,
    WorkerLeftOut,
    Workers,
)
from xlt_core.vocabulary.lines import first_line

WITH_ERROR = (
    WorkerFailed,
    WorkerLeftOut,
    StageFailedEvent,
    StageRetried,
    StageInterrupted,
    TrialFailed,
    TrialInterrupted,
)


def worth_showing(event: Event) -> bool:
    """Whether it says anything new: the service says `stage_done` after the engine's own word."""
    return not isinstance(event, StageFinished)


def line(event: Event) -> str:
    """One event as one line, with its time of day."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.at))
    return f"{clock} {_words(event)}"


def doing(event: Event) -> str:
    """What goes on from this event on, where that is other than stages that run."""
    return _words(event) if isinstance(event, Phase | Workers) else ""


def counted(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def title_of(event: StageEvent) -> str:
    """The stage's title, or the start of its key."""
    return event.title or event.stage[:12]


def error_of(event: Event) -> str:
    """The error that an event tells of, whole; empty where it tells of none."""
    if isinstance(event, OtherEvent):
        return str(event.more.get("error", ""))
    return (event.error or "") if isinstance(event, WITH_ERROR) else ""


def left_out(event: WorkerLeftOut) -> str:
    """Which worker is left out, and why."""
    fate = "stays, as the last" if event.last else "is left out"
    why = f"{counted(event.stages, 'stage')} in a row failed there and nowhere else"
    return f"worker {event.worker} {fate}: {why}" + _tail(event)


def is_evaluation(event: StageEvent) -> bool:
    """By the kind it carries; an engine's own event has a title only."""
    if isinstance(event, ServedStage):
        return event.of == "evaluate"
    return " @ " in event.title


def _words(event: Event) -> str:
    match event:
        case Message() | Phase():
            return event.text
        case SweepWaits():
            return f"WAIT  {event.text}"
        case WorkerFailed():
            return f"a worker could not start, attempt {event.attempt}" + _tail(event)
        case WorkerLeftOut():
            return left_out(event)
        case TrialEvent():
            plan = "" if event.plan is None else f" {event.plan}"
            return f"trial {event.trial}{plan}: {_ENDS[type(event)]}" + _tail(event)
        case StageEvent():
            return f"{_STAGE_WORDS[type(event)]} {title_of(event)}" + _tail(event)
        case StagesLeft():
            return f"leave {counted(event.count, 'stage')} that had not begun"
        case Workers():
            return f"{event.ready} of {counted(event.of, 'worker')} ready"
        case SweepFinished():
            return f"sweep {event.name}: {event.state}"
        case SweepStarted():
            return f"sweep started {event.name}"
    named = next((event.more[name] for name in ("text", "title", "name") if name in event.more), "")
    return f"{event.kind.replace('_', ' ')} {first_line(named)}".rstrip() + _tail(event)


_ENDS = {
    TrialStarted: "started",
    TrialFinished: "finished",
    TrialFailed: "failed",
    TrialInterrupted: "interrupted",
}
_STAGE_WORDS = {
    StageStarted: "start",
    StageProgress: "  …  ",
    StageDone: "done ",
    StageFinished: "done ",
    StageReused: "found",
    StageFailedEvent: "FAIL ",
    StageRetried: "retry",
    StageMoved: "move ",
    StageInterrupted: "lost ",
    StageCancelledEvent: "leave",
}


def _tail(event: Event) -> str:
    """What else an event says, in a fixed order; only the first line of an error."""
    parts = []
    if isinstance(event, StageProgress):
        parts += [f"step {event.step}/{event.steps}", f"loss {event.loss:.4f}"]
    if isinstance(event, TrialFinished) and event.objective is not None:
        parts.append(f"objective {event.objective:.2f}")
    if isinstance(event, StageRetried):
        parts.append(f"in {event.pause:g} s")
    if isinstance(event, StageMoved):
        parts.append(f"{event.worker} was told to end; on from step {event.step}")
    if isinstance(event, StageFinished | StageDone):
        parts.append(f"{event.seconds:.1f} s")
    if error := error_of(event):
        parts.append(first_line(error))
    return f" ({', '.join(parts)})" if parts else ""
