"""Progress on stderr: a live display on a terminal, one line an event anywhere else.

`Tally` counts events and decides nothing; `ProgressDisplay` shows it. Events come from the driver,
from more than one thread but never at once.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweeps.report.event_text import (
    WITH_ERROR,
    counted,
    doing,
    is_evaluation,
    line,
    title_of,
    worth_showing,
)
from sweeps.report.text import console as console_on
from xlt_core.vocabulary.events import (
    Event,
    Message,
    StageDone,
    StageEvent,
    StageFailedEvent,
    StageFinished,
    StageMoved,
    StageProgress,
    StageRetried,
    StageReused,
    StageStarted,
    SweepWaits,
    TrialFailed,
    TrialFinished,
)

SHOWN_STAGES = 12  # rows of running stages; more are counted
MOST_WAITING = 10_000  # events that are not shown yet
STALLED_SECONDS = 5.0  # how long the end waits for what is not shown yet
QUIET_SECONDS = 30.0  # between two progress lines of one stage where there is no terminal

# What stands above the live display, for it is not seen in the counts.
_TOLD = (Message, SweepWaits, TrialFinished, *WITH_ERROR)


@dataclass
class Running:
    """A stage that a worker has in hand.

    Attributes:
        since: seconds since the epoch.
        node, worker: where it is computed, and the number of the process there; may be empty.
    """

    title: str
    step: int = 0
    steps: int = 0
    tokens_per_second: float | None = None
    since: float = 0.0
    node: str = ""
    worker: str = ""


@dataclass
class Tally:
    """What the events so far add up to.

    A stage is counted once: what was trained or evaluated here and is asked for again is not found.

    Attributes:
        total: trials of the sweep; None where that is not known yet.
        before: trials that were finished before this run began.
        found: stages that were in the store, whoever had put them there; those of other sweeps
            alone `xlt status` calls reused.
        doing: what goes on where no stage runs.
    """

    total: int | None
    before: int = 0
    began: float = field(default_factory=time.time)
    running: dict[str, Running] = field(default_factory=dict)
    trained: set[str] = field(default_factory=set)
    evaluated: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    finished_trials: set[int] = field(default_factory=set)
    failed_trials: set[int] = field(default_factory=set)
    doing: str = ""

    def add(self, event: Event) -> None:
        """Count one event."""
        self.doing = doing(event) or self.doing
        match event:
            case StageStarted():
                self.running[event.stage] = Running(
                    title_of(event),
                    since=event.at,
                    node=event.node or "",
                    worker=event.worker or "",
                )
            case StageRetried() | StageMoved():
                self.running[event.stage] = Running(title_of(event), since=event.at)
            case StageProgress():
                self._advance(event)
            case StageEvent():
                self._end_stage(event)
            case TrialFinished(trial=int(number)):
                self.finished_trials.add(number)
            case TrialFailed(trial=int(number)):
                self.failed_trials.add(number)

    @property
    def done(self) -> int:
        """Trials that have ended, those of earlier runs among them."""
        return self.before + len(self.finished_trials) + len(self.failed_trials)

    def seconds_left(self, now: float) -> float | None:
        """Seconds to the end at this run's pace; None before its first trial is done."""
        here = self.done - self.before
        if self.total is None or here == 0:
            return None
        return max(0.0, (now - self.began) / here * (self.total - self.done))

    def _end_stage(self, event: StageEvent) -> None:
        self.running.pop(event.stage, None)
        match event:
            case StageFailedEvent():
                self.failed.add(event.stage)
            case StageReused():
                self.found |= {event.stage} - self.trained - self.evaluated
            case StageDone() | StageFinished():
                (self.evaluated if is_evaluation(event) else self.trained).add(event.stage)

    def _advance(self, event: StageProgress) -> None:
        known = self.running.setdefault(event.stage, Running(title_of(event), since=event.at))
        known.step, known.steps = event.step, event.steps
        known.tokens_per_second = event.tokens_per_second


class ProgressDisplay:
    """A context that shows events while a sweep runs.

    Events are counted at once and shown by a thread of its own: a reader who stalls (a pager, a
    frozen connection) holds up nothing, and misses what there is no room for.
    """

    def __init__(
        self,
        total: int | None,
        before: int = 0,
        console: Console | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self.tally = Tally(total, before, began=clock())
        self._console = console or console_on(sys.stderr)
        self._live = (
            Live(get_renderable=self._picture, console=self._console, refresh_per_second=4)
            if self._console.is_terminal
            else None
        )
        self._spoken: dict[str, float] = {}
        self._waiting: queue.Queue[tuple[Event, bool] | None] = queue.Queue(MOST_WAITING)
        self._shower = threading.Thread(target=self._show_all, name="xlt-progress", daemon=True)

    def __enter__(self) -> ProgressDisplay:
        if self._live is not None:
            self._live.start()
        self._shower.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(queue.Full):
            self._waiting.put(None, timeout=STALLED_SECONDS)
            self._shower.join(STALLED_SECONDS)

    def observe(self, event: Event) -> None:
        """Take one event; what `run_sweep` calls."""
        known = event.stage in self.tally.running
        self.tally.add(event)
        with suppress(queue.Full):
            self._waiting.put_nowait((event, known))

    def _show_all(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            with suppress(OSError, ValueError):  # the terminal may have gone
                self._show(*waiting)
        if self._live is not None:
            with suppress(OSError, ValueError, SystemExit):
                self._live.stop()

    def _show(self, event: Event, known: bool) -> None:
        if self._live is None:
            if self._worth_a_line(event):
                self._console.print(line(event), soft_wrap=True)
        elif isinstance(event, _TOLD):
            self._live.console.print(line(event), soft_wrap=True)
        elif isinstance(event, StageStarted) and not known:
            self._live.refresh()

    def _worth_a_line(self, event: Event) -> bool:
        """Progress of one stage only now and then; of all else everything, twice-told ends once."""
        if not worth_showing(event):
            return False
        if isinstance(event, StageStarted):  # evaluations take no time; their ends are enough
            return not is_evaluation(event)
        if not isinstance(event, StageProgress) or not event.tokens_per_second:
            return True  # at no speed: from where an earlier attempt is gone on with
        last = self._spoken.setdefault(event.stage, event.at)
        if event.at - last < QUIET_SECONDS:
            return False
        self._spoken[event.stage] = event.at
        return True

    def _picture(self) -> RenderableType:
        return picture(self.tally, self._clock())


def picture(tally: Tally, now: float) -> RenderableType:
    """The live display: one line of counts, one a running stage."""
    stages = Table.grid(padding=(0, 2))
    for running in list(tally.running.values())[:SHOWN_STAGES]:
        bar = ProgressBar(total=running.steps or 1, completed=running.step, width=20)
        stages.add_row("  ", bar, _steps(running), _speed(running), Text(running.title))
    more = len(tally.running) - SHOWN_STAGES
    if more > 0:
        stages.add_row("  ", Text(f"and {more} more"))
    return Group(Text(headline(tally, now)), stages)


def headline(tally: Tally, now: float) -> str:
    """The counts, what runs, and the time left."""
    left = tally.seconds_left(now)
    ahead = "time left not known yet" if left is None else f"about {duration(left)} left"
    if not tally.running and tally.doing:
        return f"{summary(tally)} · {tally.doing}"
    return f"{summary(tally)} · {len(tally.running)} stages running · {ahead}"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, as `1:02:03`."""
    return str(timedelta(seconds=round(seconds)))


def summary(tally: Tally) -> str:
    """Trials done of all; stages that this run trained, evaluated, or found in the store, where
    another sweep or an earlier run had put them."""
    parts = [
        f"trials {tally.done}/{'?' if tally.total is None else tally.total}",
        f"this run: {len(tally.trained)} trained",
        f"{len(tally.evaluated)} evaluated",
        f"{len(tally.found)} found in the store",
    ]
    if tally.failed_trials:
        parts.append(f"{counted(len(tally.failed_trials), 'trial')} failed")
    return " · ".join(parts)


def _steps(running: Running) -> str:
    return f"{running.step}/{running.steps}" if running.steps else ""


def _speed(running: Running) -> str:
    return f"{running.tokens_per_second:,.0f} tokens/s" if running.tokens_per_second else ""
