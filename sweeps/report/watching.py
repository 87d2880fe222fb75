"""Watching a sweep from its folder, wherever that lies: one look after the other.

What happened is in the journal, what runs in `now.json`, which trials there are in the study; the
store is not asked. `watch_picture` draws what a look finds.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sweeps.report.event_text import error_of, line
from sweeps.report.namesakes import differences
from sweeps.report.progress import Running, Tally
from sweeps.results.states import AT_WORK, SweepState, TrialStanding
from sweeps.results.status import (
    TrialCounts,
    count_trials,
    is_driven,
    read_sweep,
    state_of,
    state_of_trial,
)
from sweeps.spec.desired_state import DesiredState, requested
from sweeps.spec.paths import EVENTS, NOW, SweepFolder, shown
from xlt_core.stages import lineage
from xlt_core.vocabulary.event_lines import from_line
from xlt_core.vocabulary.events import (
    Event,
    StageDone,
    StageEvent,
    StageFailedEvent,
    StageFinished,
    StageReused,
    SweepFinished,
    SweepStarted,
)
from xlt_core.vocabulary.lines import lines_of

if TYPE_CHECKING:
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep
    from xlt_core.stages import Stage

LAST_ERRORS = 5
HOUR = 3600.0


@dataclass(frozen=True)
class Branch:
    """A stage that a trial without a result asks for.

    Attributes:
        parents: keys of the stages it starts from.
        standing: `done`, `running`, `failed` or `open`.
        running: step, speed and place, where it runs.
        apart: what its recipe has otherwise than another's of its title beside it.
    """

    key: str
    title: str
    kind: str
    parents: tuple[str, ...]
    standing: str
    running: Running | None = None
    apart: str = ""


@dataclass(frozen=True)
class Watched:
    """What one look found.

    Attributes:
        at: when, in seconds since the epoch; of a sweep that is over, when it ended.
        planned: trials the sweep is to have; None where that is not known.
        tally: this run's events, the trials and stages in them.
        tree: stages of the trials without a result, parents first.
        doing: what the driver does where no stage runs.
        workers: ready ones, and all there are; None where nobody has said.
        gpus: each worker's part of GPUs.
        spent: seconds of computing in this run, over all workers.
        errors: the last ones, a line each, the newest last.
    """

    at: float
    name: str
    folder: str
    state: SweepState
    trials: TrialCounts
    planned: int | None
    tally: Tally
    tree: tuple[Branch, ...]
    doing: str
    workers: tuple[int, int] | None
    gpus: float
    spent: float
    errors: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        """Whether nobody is at work on it."""
        return self.state not in AT_WORK

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return max(0.0, self.at - self.tally.began)

    @property
    def stages_per_hour(self) -> float:
        """Stages computed, at this run's pace."""
        computed = len(self.tally.trained) + len(self.tally.evaluated)
        return HOUR * computed / self.elapsed if self.elapsed else 0.0

    @property
    def tokens_per_second(self) -> float:
        """Of all that runs now."""
        return sum(running.tokens_per_second or 0.0 for running in self.tally.running.values())

    @property
    def seconds_left(self) -> float | None:
        """To the end, at this run's pace; None before its first trial is done, and at the end."""
        return None if self.is_over else self.tally.seconds_left(self.at)

    @property
    def computing_left(self) -> float | None:
        """Seconds of computing to the end, over all workers; None where it is not known."""
        left = self.seconds_left
        return None if left is None or not self.elapsed else left * self.spent / self.elapsed

    def to_json(self) -> dict[str, Any]:
        """What `xlt watch --json` prints."""
        left = self.computing_left
        return {
            "at": self.at,
            "name": self.name,
            "folder": self.folder,
            "state": self.state,
            "doing": self.doing,
            "trials": {**vars(self.trials), "planned": self.planned},
            "this_run": {
                "seconds": self.elapsed,
                "trained": len(self.tally.trained),
                "evaluated": len(self.tally.evaluated),
                "found": len(self.tally.found),
                "failed": len(self.tally.failed),
                "computing_seconds": self.spent,
            },
            "workers": None
            if self.workers is None
            else {"ready": self.workers[0]} | {"of": self.workers[1], "gpus_each": self.gpus},
            "throughput": {
                "stages_per_hour": self.stages_per_hour,
                "tokens_per_second": self.tokens_per_second,
            },
            "left": {
                "seconds": self.seconds_left,
                "worker_hours": None if left is None else left / HOUR,
                "gpu_hours": None if left is None else left / HOUR * self.gpus,
            },
            "stages": [_branch(branch) for branch in self.tree],
            "errors": list(self.errors),
        }


def _branch(branch: Branch) -> dict[str, Any]:
    running = branch.running
    return {
        "key": branch.key,
        "title": branch.title,
        "kind": branch.kind,
        "parents": list(branch.parents),
        "standing": branch.standing,
        "running": None if running is None else asdict(running),
        "apart": branch.apart,
    }


class Watcher:
    """Looks at one sweep again and again; what it has read of the journal it does not read anew."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._place = 0
        self._tally = Tally(None)
        self._last_word = ""
        self._last = 0.0
        self._spent = 0.0
        self._done: set[str] = set()
        self._errors: deque[str] = deque(maxlen=LAST_ERRORS)
        self._stages: dict[int, tuple[Stage, ...]] = {}

    def look(self) -> Watched:
        """Where the sweep stands now.

        Raises:
            UserMistake: what it left does not read (see `read_sweep`).
        """
        folder, now = self._folder, time.time()
        sweep, prepared, trials = read_sweep(folder)
        self._read_on()
        state = self._state([trial.state for trial in trials])
        driven = state in AT_WORK
        going_on = self._now() if driven else {}
        counts, planned = count_trials(trials, state), _planned(sweep)
        tally = self._tally
        ended = counts.finished + counts.failed
        tally.total = planned
        tally.before = max(0, ended - len(tally.finished_trials) - len(tally.failed_trials))
        tally.running = _running(going_on)
        stages = list(self._asked(sweep, prepared, trials, state))
        apart = differences(stages)
        ready, of = going_on.get("ready"), going_on.get("of")
        return Watched(
            at=now if driven else self._last or now,
            name=sweep.name,
            folder=shown(folder.place),
            state=state,
            trials=counts,
            planned=planned,
            tally=tally,
            tree=tuple(self._branch(stage, apart.get(stage.key, "")) for stage in stages),
            doing="" if tally.running else str(going_on.get("doing", "")),
            workers=(int(ready), int(of)) if ready is not None and of else None,
            gpus=float(going_on.get("gpus", 0.0)),
            spent=self._spent,
            errors=tuple(self._errors),
        )

    def _read_on(self) -> None:
        text, self._place = self._folder.files.read_from(EVENTS, self._place)
        for whole in lines_of(text):
            try:
                self._add(from_line(whole))
            except ValueError:
                continue

    def _add(self, event: Event) -> None:
        if isinstance(event, SweepStarted):
            self._tally, self._last_word, self._spent = Tally(None, began=event.at), "", 0.0
        elif isinstance(event, SweepFinished):
            self._last_word = event.state
        elif error_of(event):
            self._errors.append(line(event))
        if isinstance(event, StageDone):
            self._spent += event.seconds
        if isinstance(event, StageDone | StageFinished | StageReused):
            self._done.add(event.stage)
        elif isinstance(event, StageEvent) and not isinstance(event, StageFailedEvent):
            self._done.discard(event.stage)  # it was lost from the store, and is computed again
        self._last = event.at
        self._tally.add(event)

    def _state(self, trials: list[Any]) -> SweepState:
        asked = requested(self._folder)
        return state_of(
            driven=is_driven(self._folder),
            pausing=asked == DesiredState.PAUSE,
            ending=asked.ends,
            last_word=self._last_word,
            trials=trials,
        )

    def _now(self) -> Mapping[str, Any]:
        """What the driver wrote of what goes on; nothing where it has not, or half."""
        try:
            found = json.loads(self._folder.files.read(NOW) or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _asked(
        self,
        sweep: Sweep,
        prepared: ResolvedInputs | None,
        trials: tuple[Trial, ...],
        state: SweepState,
    ) -> Iterator[Stage]:
        """Stages of the trials without a result, each once, parents first."""
        seen: set[str] = set()
        for trial in trials if prepared is not None else ():
            standing = state_of_trial(trial, state)
            if standing not in (TrialStanding.RUNNING, TrialStanding.OPEN):
                self._stages.pop(trial.number, None)
                continue
            if trial.number not in self._stages:
                assert prepared is not None
                self._stages[trial.number] = _stages_of(sweep, prepared, trial)
            for stage in self._stages[trial.number]:
                if stage.key not in seen:
                    seen.add(stage.key)
                    yield stage

    def _branch(self, stage: Stage, apart: str) -> Branch:
        running = self._tally.running.get(stage.key)
        standing = "open"
        if running is not None:
            standing = "running"
        elif stage.key in self._done:
            standing = "done"
        elif stage.key in self._tally.failed:
            standing = "failed"
        parents = tuple(parent.key for parent in stage.parents)
        return Branch(stage.key, stage.title, stage.kind, parents, standing, running, apart)


def _stages_of(sweep: Sweep, prepared: ResolvedInputs, trial: Trial) -> tuple[Stage, ...]:
    from sweeps.spec.trials import paths_asked

    found: dict[str, Stage] = {}
    for path in paths_asked(sweep, prepared, trial.plan, trial.settings):
        for stage in (*lineage(path.trained), *path.evaluations):
            found.setdefault(stage.key, stage)
    return tuple(found.values())


def _planned(sweep: Sweep) -> int | None:
    from sweeps.search.of_sweep import candidates_of, planned_trials

    return planned_trials(sweep, candidates_of(sweep))


def _running(going_on: Mapping[str, Any]) -> dict[str, Running]:
    known = Running.__dataclass_fields__
    return {
        str(each["stage"]): Running(**{name: each[name] for name in each if name in known})
        for each in going_on.get("stages", ())
        if isinstance(each, dict) and {"stage", "title"} <= each.keys()
    }
