"""Events: what happened, when. One JSON line each in a sweep's `events.jsonl`.

Progress bars, logs and MLflow are all drawn from these; nothing decides by them. Each kind is a
small class of its own, `KINDS` has them all; how they are written and read is in `event_lines`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from xlt_core.vocabulary.json_value import JsonObject


@dataclass(frozen=True)
class Event:
    """Something that happened. What a kind carries of its own stands before these, by position.

    A field that is None was not said, and is not written: not every event of the kind has it, or
    older journals have not.

    Attributes:
        stage: the stage's key, or empty.
        trial: the trial's number, or None.
        at: seconds since the epoch.
        more: what a later version has added to the kind; passed on as it is.
    """

    _: KW_ONLY
    stage: str = ""
    trial: int | None = None
    at: float = field(default_factory=time.time)
    more: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken = {"kind", "stage", "trial", "at"} & set(self.more)
        if taken:
            raise ValueError(f"an event has fields of its own called {sorted(taken)}")

    @property
    def kind(self) -> str:
        """The word of its line."""
        return _WORDS[type(self)]


@dataclass(frozen=True)
class OtherEvent(Event):
    """Of a kind that this version does not know, or not in its kind's form; `more` has it all."""

    word: str

    @property
    def kind(self) -> str:
        """The word of its line."""
        return self.word


# ---- of a sweep


@dataclass(frozen=True)
class SweepStarted(Event):
    """A driver took the sweep up, with the code at this commit where it is known."""

    name: str
    commit: str | None = None


@dataclass(frozen=True)
class SweepFinished(Event):
    """A driver's run came to an end, in this state of the sweep (see `SweepState`)."""

    name: str
    state: str


@dataclass(frozen=True)
class SweepWaits(Event):
    """Nothing begins for now, and why."""

    text: str


@dataclass(frozen=True)
class Message(Event):
    """Something that people should read."""

    text: str


@dataclass(frozen=True)
class Phase(Event):
    """What the driver is doing now, where no stage runs."""

    text: str


@dataclass(frozen=True)
class WorkerFailed(Event):
    """A worker could not be started, for so many times now."""

    error: str
    attempt: int


@dataclass(frozen=True)
class WorkerLeftOut(Event):
    """So many stages in a row failed there that were done elsewhere, the last with this error.

    It gets no more of them, unless it is the last worker.
    """

    worker: str
    stages: int
    error: str
    last: bool


@dataclass(frozen=True)
class Workers(Event):
    """How many workers are ready, of how many."""

    ready: int
    of: int


# ---- of a trial


@dataclass(frozen=True)
class TrialEvent(Event):
    """Of a trial: its plan, as `str(Plan)` writes it, and its searched values by dotted path."""

    plan: str | None = None
    settings: JsonObject | None = None


@dataclass(frozen=True)
class TrialStarted(TrialEvent):
    """Was handed out."""


@dataclass(frozen=True)
class TrialFinished(TrialEvent):
    """Has an objective, in percent."""

    objective: float | None = None


@dataclass(frozen=True)
class TrialFailed(TrialEvent):
    """Failed of its own."""

    error: str | None = None


@dataclass(frozen=True)
class TrialInterrupted(TrialEvent):
    """Ended without a result, by a machine's `error` or because the sweep was ended."""

    error: str | None = None


# ---- of a stage, by the engine that computes it


@dataclass(frozen=True)
class StageEvent(Event):
    """Of a stage: its title."""

    title: str


@dataclass(frozen=True)
class StageStarted(StageEvent):
    """A worker began to compute it: on which node, and its process there."""

    node: str | None = None
    worker: str | None = None


@dataclass(frozen=True)
class StageProgress(StageEvent):
    """A point of the loss curve; the loss is the mean since the point before.

    What goes on from a checkpoint says so first, at its step and at no speed.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    tokens_per_second: float


@dataclass(frozen=True)
class StageFinished(StageEvent):
    """Was computed: an evaluation has `scores` (as `scores.json`), a training `steps`."""

    seconds: float
    scores: JsonObject | None = None
    steps: int | None = None


# ---- of a stage, by the service that has it computed (two are called by their longer name: errors
#      have the short one)


@dataclass(frozen=True)
class ServedStage(StageEvent):
    """Of a stage of some kind (`train`, `evaluate`, …)."""

    of: str


@dataclass(frozen=True)
class StageDone(ServedStage):
    """Was computed for a sweep that waited for it."""

    seconds: float


@dataclass(frozen=True)
class StageReused(ServedStage):
    """Was found in the store."""


@dataclass(frozen=True)
class StageFailedEvent(ServedStage):
    """Failed of its own, or of what it needs."""

    error: str


@dataclass(frozen=True)
class StageRetried(ServedStage):
    """Was lost, and is tried again after a pause, in seconds."""

    error: str
    pause: float


@dataclass(frozen=True)
class StageMoved(ServedStage):
    """Its worker, by name, was told to end: it goes on elsewhere, from this step of training."""

    worker: str
    step: int


@dataclass(frozen=True)
class StageInterrupted(ServedStage):
    """A machine's fault outlasted every try."""

    error: str


@dataclass(frozen=True)
class StageCancelledEvent(ServedStage):
    """Nobody wants it any longer."""

    begun: bool | None = None


@dataclass(frozen=True)
class StagesLeft(Event):
    """So many stages were cancelled that had not begun."""

    count: int


KINDS: Mapping[str, type[Event]] = {
    "sweep_started": SweepStarted,
    "sweep_finished": SweepFinished,
    "sweep_waits": SweepWaits,
    "message": Message,
    "phase": Phase,
    "worker_failed": WorkerFailed,
    "worker_left_out": WorkerLeftOut,
    "workers": Workers,
    "trial_started": TrialStarted,
    "trial_finished": TrialFinished,
    "trial_failed": TrialFailed,
    "trial_interrupted": TrialInterrupted,
    "stage_started": StageStarted,
    "stage_progress": StageProgress,
    "stage_finished": StageFinished,
    "stage_done": StageDone,
    "stage_reused": StageReused,
    "stage_failed": StageFailedEvent,
    "stage_retried": StageRetried,
    "stage_moved": StageMoved,
    "stage_interrupted": StageInterrupted,
    "stage_cancelled": StageCancelledEvent,
    "stages_left": StagesLeft,
}
_WORDS = {kind: word for word, kind in KINDS.items()}
