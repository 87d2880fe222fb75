"""Where a sweep stands: trials by state, stages shared and computed, and what its driver is doing.

Read from the study, the store, the lock and the journal; opens no data and needs no driver.
"""

from __future__ import annotations

import errno
import fcntl
import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.results.stages import paths_of, stage_rows
from sweeps.results.states import AT_WORK, StageStanding, SweepState, TrialStanding
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.search.trial import TrialState
from sweeps.spec.desired_state import DesiredState, requested
from sweeps.spec.paths import EVENTS, PREPARED, SweepFolder, shown
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.event_lines import from_line
from xlt_core.vocabulary.events import Event, SweepFinished, SweepStarted, WorkerLeftOut
from xlt_core.vocabulary.lines import lines_of

if TYPE_CHECKING:
    from sweeps.results.rows import StageReader
    from sweeps.results.stages import StageRow
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.trials import TrialPath
    from xlt_core.store import Store

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
ENDED_ON_REQUEST = (SweepState.STOPPED, SweepState.CANCELLED, SweepState.PAUSED)


@dataclass(frozen=True)
class TrialCounts:
    """Trials by state.

    Attributes:
        asked: every trial proposed so far; the others add up to it.
        running: without a result yet, in a sweep that runs.
        open: without a result, in a sweep that does not run: `xlt resume` goes on with them.
    """

    asked: int
    finished: int
    failed: int
    running: int
    open: int = 0


@dataclass(frozen=True)
class StageCounts:
    """Stages of the trials asked so far.

    Attributes:
        requested: every stage every trial needs, shared or not.
        distinct: what is left after merging common prefixes.
        executed: distinct stages that this sweep computed.
        reused: distinct stages taken from the store, where another sweep had put them.
    """

    requested: int
    distinct: int
    executed: int
    reused: int


@dataclass(frozen=True)
class SweepStatus:
    """Where a sweep stands.

    Attributes:
        planned: trials the sweep is to have; None where the spec leaves it to the space.
        stages: None before the sweep's first start.
        left_out: workers that the last run left out, or would have if they had not been the last.
    """

    name: str
    state: SweepState
    trials: TrialCounts
    planned: int | None
    stages: StageCounts | None
    errors: tuple[tuple[int, str], ...]
    folder: str
    left_out: tuple[WorkerLeftOut, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form that `xlt status --json` prints."""
        return {
            "name": self.name,
            "state": self.state,
            "trials": {**vars(self.trials), "planned": self.planned},
            "stages": None if self.stages is None else dict(vars(self.stages)),
            "errors": [{"trial": number, "error": error} for number, error in self.errors],
            "left_out": [
                {"worker": one.worker, "stages": one.stages, "last": one.last, "error": one.error}
                for one in self.left_out
            ],
            "folder": self.folder,
        }


def read_sweep(
    folder: SweepFolder,
) -> tuple[Sweep, ResolvedInputs | None, tuple[Trial, ...]]:
    """Spec, prepared data (None before the first start) and trials of the sweep in `folder`.

    Raises:
        UserMistake: the stored spec or the study does not read, or the study of a sweep that has
            been started is not there: without it nobody knows which trials there were.
    """
    from sweeps.search.claim import regain_identity
    from sweeps.search.study_reader import find_trials, read_attrs
    from sweeps.spec.inputs import read_prepared
    from sweeps.spec.read import read_stored_spec

    sweep = read_stored_spec(folder)
    if not folder.files.has(PREPARED):
        return sweep, None, ()
    prepared, trials = read_prepared(folder), find_trials(sweep.storage, sweep.name)
    if trials is None:
        raise UserMistake(_no_study(sweep, folder))
    if not folder.identity:
        regain_identity(read_attrs(sweep.storage, sweep.name), sweep, folder)
    return sweep, prepared, tuple(trials)


def _no_study(sweep: Sweep, folder: SweepFolder) -> Mistake:
    remedy = (
        f"put it back, or `xlt resume {folder.called}` begins it anew: finished stages are kept"
    )
    return Mistake(bare(sweep.storage), f"Optuna's study of {sweep.name} is not there", remedy)


def sweep_stages(folder: SweepFolder) -> tuple[StageRow, ...]:
    """The stages of the trials asked so far; none before the first start.

    Raises what `read_sweep` raises.
    """
    from xlt_core.store import Store

    sweep, prepared, trials = read_sweep(folder)
    if prepared is None:
        return ()
    paths, events = paths_of(sweep, prepared, trials), read_events(folder)
    until = ended_at(state_now(folder, trials, events), events)
    return stage_rows(sweep.name, trials, paths, Store(sweep.store), folder.identity, until)


def sweep_status(folder: SweepFolder) -> SweepStatus:
    """Where the sweep in `folder` stands now. Raises what `read_sweep` raises."""
    from xlt_core.store import Store

    sweep, prepared, trials = read_sweep(folder)
    events = read_events(folder)
    state = state_now(folder, trials, events)
    stages, short = None, frozenset[int]()
    if prepared is not None:
        stages, short = stages_and_lacking(
            sweep,
            prepared,
            trials,
            Store(sweep.store),
            folder.identity,
            ended_at(state, events),
        )
    return SweepStatus(
        name=sweep.name,
        state=state,
        trials=count_trials(trials, state, short),
        planned=planned_trials(sweep, candidates_of(sweep)),
        stages=stages,
        errors=tuple((t.number, t.error) for t in trials if t.state == TrialState.FAILED),
        folder=shown(folder.place),
        left_out=_left_out(events),
    )


def ended_at(state: SweepState, events: Sequence[Event]) -> float | None:
    """When a sweep that stands so had its last sign of life; None while its driver is at work, or
    where nothing was written down."""
    if state in AT_WORK:
        return None
    return max((event.at for event in events), default=None)


def state_now(
    folder: SweepFolder, trials: Iterable[Trial], events: Iterable[Event] | None = None
) -> SweepState:
    """One word for where the sweep in `folder` stands, whose trials these are.

    Args:
        events: of its journal, where they have been read.
    """
    asked = requested(folder)
    return state_of(
        driven=is_driven(folder),
        pausing=asked == DesiredState.PAUSE,
        ending=asked.ends,
        last_word=last_word(folder) if events is None else _last_word(events),
        trials=[trial.state for trial in trials],
    )


def count_trials(
    trials: Sequence[Trial], state: SweepState, short: Collection[int] = ()
) -> TrialCounts:
    """Trials by state, in a sweep whose own state is `state`.

    Args:
        short: numbers of those that finished once and lack what is asked of them now (`lacking`).
    """
    by_state = Counter(state_of_trial(trial, state, short) for trial in trials)
    return TrialCounts(
        asked=len(trials),
        finished=by_state[TrialStanding.FINISHED],
        failed=by_state[TrialStanding.FAILED],
        running=by_state[TrialStanding.RUNNING],
        open=by_state[TrialStanding.OPEN],
    )


def state_of_trial(trial: Trial, state: SweepState, short: Collection[int] = ()) -> TrialStanding:
    """One word for where a trial stands, in a sweep whose own state is `state`.

    The study calls every trial without a result running, whoever may have died over it; and
    finished what was so before the sweep was extended (`short`).
    """
    if trial.state != TrialState.RUNNING and trial.number not in short:
        return TrialStanding(trial.state)
    return TrialStanding.RUNNING if state == SweepState.RUNNING else TrialStanding.OPEN


def stages_and_lacking(
    sweep: Sweep,
    prepared: ResolvedInputs,
    trials: Sequence[Trial],
    store: StageReader,
    folder: str,
    until: float | None = None,
) -> tuple[StageCounts, frozenset[int]]:
    """Stages of all trials asked so far and what became of them, and what `lacking` says.

    Args:
        folder: the identity of the sweep's folder, by which what it computed itself is told from
            what another sweep of its name did.
        until: when the sweep ended (`ended_at`).
    """
    paths = paths_of(sweep, prepared, trials)
    rows = stage_rows(sweep.name, trials, paths, store, folder, until)
    return count_stages(rows), lacking_of(trials, paths, rows)


def count_stages(rows: Sequence[StageRow]) -> StageCounts:
    """Stages by what became of them."""
    by_standing = Counter(row.standing for row in rows)
    return StageCounts(
        requested=sum(row.requested for row in rows),
        distinct=len(rows),
        executed=by_standing[StageStanding.EXECUTED],
        reused=by_standing[StageStanding.REUSED],
    )


def lacking_of(
    trials: Sequence[Trial], paths: Sequence[tuple[TrialPath, ...]], rows: Iterable[StageRow]
) -> frozenset[int]:
    """What `lacking` says, by stages that have been looked up."""
    stored = {row.key for row in rows if row.standing != StageStanding.OPEN}
    return _short(trials, paths, stored)


def lacks_scores(sweep: Sweep, prepared: ResolvedInputs, trials: Iterable[Trial]) -> bool:
    """Whether a finished trial, or the baseline beside it, lacks scores the sweep asks for now."""
    from xlt_core.store import Store

    return bool(lacking(sweep, prepared, trials, Store(sweep.store)))


def lacking(
    sweep: Sweep, prepared: ResolvedInputs, trials: Iterable[Trial], store: Store
) -> frozenset[int]:
    """Numbers of the finished trials that lack scores the sweep asks for now, themselves or the
    baseline beside them: it was extended by seeds, targets or languages, or stages were lost."""
    finished = [trial for trial in trials if trial.state == TrialState.FINISHED]
    paths = paths_of(sweep, prepared, finished)
    wanted = set().union(*map(_scores, paths))
    return _short(finished, paths, set(store.contains_all(wanted)))


def _scores(paths: Iterable[TrialPath]) -> set[str]:
    """Keys of all that is scored."""
    return {stage.key for path in paths for stage in path.evaluations}


def _short(
    trials: Iterable[Trial], paths: Iterable[tuple[TrialPath, ...]], stored: Collection[str]
) -> frozenset[int]:
    return frozenset(
        trial.number
        for trial, own in zip(trials, paths, strict=True)
        if trial.state == TrialState.FINISHED and not _scores(own).issubset(stored)
    )


def state_of(
    driven: bool,
    pausing: bool,
    last_word: str,
    trials: Collection[TrialState],
    ending: bool = False,
) -> SweepState:
    """One word for where a sweep stands.

    Args:
        driven: whether a driver holds the sweep's lock.
        pausing: whether a pause is asked of it.
        last_word: the state that the last driver said it ended in; empty if it said nothing.
        trials: their states, as the study has them.
        ending: whether it is asked to stop or to be cancelled.
    """
    if driven and ending:
        return SweepState.ENDING  # stages that finish, or the last records that are sent
    if driven:
        return SweepState.PAUSED if pausing else SweepState.RUNNING
    if last_word in ENDED_ON_REQUEST:
        return SweepState(last_word)
    if not trials and last_word in ("", SweepState.INTERRUPTED):
        return SweepState.NOT_BEGUN
    if last_word in (SweepState.FINISHED, SweepState.FAILED) and TrialState.RUNNING not in trials:
        return SweepState.FAILED if TrialState.FAILED in trials else SweepState.FINISHED
    return SweepState.INTERRUPTED


def is_driven(folder: SweepFolder) -> bool:
    """Whether a driver is at work on the sweep at this moment; to look needs no right to write.

    The lock tells of one on this machine; of a folder at a URL the study's lease tells, which takes
    some seconds where its driver was killed.
    """
    return is_locked(folder.lock) or (folder.is_remote and _is_leased(folder))


def _is_leased(folder: SweepFolder) -> bool:
    from sweeps.search.lease import KEY, is_held
    from sweeps.search.study_reader import read_attrs
    from sweeps.spec.stored import read_stored_spec

    if not folder.exists:
        return False
    sweep = read_stored_spec(folder)

    def words() -> str | None:
        found = read_attrs(sweep.storage, sweep.name).get(KEY)
        return None if found is None else json.dumps(found)

    return is_held(words)


def is_locked(lock: Path) -> bool:
    """Whether a process of this machine holds a sweep's lock."""
    try:
        file = lock.open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
    return False  # where a file system has no locks, only the study's lease knows


def last_word(folder: SweepFolder) -> str:
    """How the last driver said it ended; empty where it was killed, or never ran."""
    return _last_word(read_events(folder))


def _last_word(events: Iterable[Event]) -> str:
    word = ""
    for event in events:
        if isinstance(event, SweepStarted):
            word = ""
        elif isinstance(event, SweepFinished):
            word = event.state
    return word


def _left_out(events: Iterable[Event]) -> tuple[WorkerLeftOut, ...]:
    """By name, what was said last, since the last driver began."""
    found: dict[str, WorkerLeftOut] = {}
    for event in events:
        if isinstance(event, SweepStarted):
            found.clear()
        elif isinstance(event, WorkerLeftOut):
            found[event.worker] = event
    return tuple(found.values())


def read_events(folder: SweepFolder, place: int = 0) -> list[Event]:
    """Every event of the journal, oldest first; a line that holds none is left out: a torn one,
    whose writer was killed, or one that something else wrote.

    Args:
        place: how many bytes of it to leave out.
    """
    text, _ = folder.files.read_from(EVENTS, place)
    return [event for line in lines_of(text) if (event := _event(line)) is not None]


def _event(line: str) -> Event | None:
    try:
        return from_line(line)
    except ValueError:
        return None
