"""Running a sweep: the driver holds the lock, feeds Tune, and writes down what happens.

Every start is a fresh start: the study says what was asked and told, the store what was computed,
and Tune's own files are thrown away. See DESIGN in the README's "How resume works".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

import filelock

from sweeps.execution.address import require_cluster
from sweeps.execution.client import ServiceClient
from sweeps.execution.cluster import cluster, quiet_environment, require_gpu
from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.heartbeat import DriverHeartbeat
from sweeps.execution.job import Assignment, SweepJob
from sweeps.execution.recorder import EventRecorder
from sweeps.execution.resources import Staff
from sweeps.execution.searching import pauses_of, search_out
from sweeps.execution.steady import never_steering
from sweeps.results.states import SweepState
from sweeps.results.status import lacks_scores
from sweeps.search.claim import agreed, claim
from sweeps.search.of_sweep import candidates_of
from sweeps.search.queue import ProposalQueue
from sweeps.search.retry import to_retry
from sweeps.search.samplers import make_sampler
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialState
from sweeps.spec import desired_state
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.inputs import ResolvedInputs, write_prepared
from sweeps.spec.paths import CONTROL, IDENTITY, PREPARED, SweepFolder, shown
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import paths_of_trial
from xlt_core.stage import Settings
from xlt_core.vocabulary.address import secret, variables
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.events import Event, Message, Phase

ENDED_BY = {
    DesiredState.STOP: SweepState.STOPPED,
    DesiredState.CANCEL: SweepState.CANCELLED,
}


@dataclass(frozen=True)
class Ended:
    """How a run of the driver ended.

    Attributes:
        state: `finished`, `failed` (finished with failed trials), `stopped`, `cancelled` or
            `interrupted`.
        failed_trials: trials of the whole sweep that have failed.
        open_trials: where nobody ended the sweep, those that a machine's fault left open.
    """

    state: SweepState
    failed_trials: int
    open_trials: int = 0


def run_sweep(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    observe: Callable[[Event], None],
    address: str | None = None,
    revisit: bool = False,
    retry_failed: bool = False,
    runner: str = SweepJob.runner,
) -> Ended:
    """Run or resume `sweep` until it is finished or asked to end.

    Args:
        folder: the sweep's own; created where it is not there.
        observe: called with every event, from more than one thread but never at once.
        address: a Ray cluster's; None starts one here.
        revisit: the sweep was extended by seeds, targets or languages: finished trials are gone
            through again for what they lack (see `ProposalQueue`).
        retry_failed: try failed trials again; a failed baseline is tried again in any case.
        runner: what computes a stage (see `SweepJob.runner`).

    Raises:
        UserMistake: another driver runs this sweep, or took it over; the study is another sweep's
            or of another spec; no cluster at `address`; no GPU where one is asked for; a broken
            study. What has not begun leaves nothing behind.
        KeyboardInterrupt: Ctrl-C before anything was begun.
    """
    quiet_environment()
    if address is not None:
        require_cluster(address)
    elif sweep.execution.device == "cuda":
        require_gpu()
    desired = DesiredStateWatch(folder)

    def say(text: str) -> None:
        with never_steering("saying who holds the sweep"):
            observe(Message(text))

    def doing(text: str) -> None:
        with never_steering("saying what is being done"):
            observe(Phase(text))

    with _only_driver(folder):
        before = desired_state.written(folder)  # for another driver; what comes now is for us
        # A mistake in space or options is found before there is a study.
        make_sampler(sweep.search.method, candidates_of(sweep, prepared), sweep.search.options)
        doing("reading the study")
        study = SweepStudy.open(sweep.storage, sweep.name)
        with study.lease(say, desired.interrupt) as lease:
            sweep = agreed(study, sweep, prepared, folder)
            # A mistake in the rows is found before anything is written.
            queue = ProposalQueue(study, candidates_of(sweep, prepared), sweep.search, revisit)
            _check_rows(study, sweep, prepared)
            again = to_retry(study.trials(), retry_failed)
            desired_state.forget(folder, before)
            with desired.looking(), desired.hearing_signals(), ExitStack() as ray_up:
                found = None
                if again or queue.is_open():
                    found = ray_up.enter_context(cluster(sweep.execution, address, doing))
                    desired.hear_again()  # whoever may have taken a handler meanwhile
                if lease.lost:
                    raise lease.mistake()
                if desired.interrupted:
                    doing("interrupted before anything was begun")
                    raise KeyboardInterrupt
                # Nothing was written up to here, and nothing that is written below is refused
                # later: what cannot begin leaves no sweep behind.
                _write_down(study, sweep, prepared, folder, again)
                queue = ProposalQueue(study, candidates_of(sweep, prepared), sweep.search, revisit)
                with EventRecorder(sweep, prepared, folder, study, observe) as recorder:
                    if found is not None:
                        job = job_of(sweep, prepared, folder, found, runner)
                        if address is not None:
                            job = replace(job, passwords=_passwords(sweep.store))
                        _search(
                            Assignment(sweep, prepared, job),
                            queue,
                            study,
                            desired,
                            recorder,
                            folder,
                        )
                        ray_up.close()
                    if lease.lost:
                        raise lease.mistake()
                    ended = _ended(study, sweep, prepared, desired)
                    recorder.close(ended.state)
            return ended


def _write_down(
    study: SweepStudy,
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    again: Iterable[int],
) -> None:
    """From here on the sweep has begun; trials `again` are open once more."""
    write_prepared(folder, prepared)
    write_spec(folder, sweep)
    claim(study, sweep, prepared, folder)
    for number in again:
        study.reopen(number)


def _search(
    assignment: Assignment,
    queue: ProposalQueue,
    study: SweepStudy,
    desired: DesiredStateWatch,
    recorder: EventRecorder,
    folder: SweepFolder,
) -> None:
    """Have workers there and search until nothing is left, or the sweep is to end."""
    job = assignment.job
    text = f"starting workers, {job.workers} at most"
    recorder.note(Phase(text))
    from sweeps.execution.tune import RayTune

    with DriverHeartbeat(ServiceClient(job), desired, recorder.note):
        backend = RayTune(assignment, folder)
        candidates = candidates_of(assignment.sweep, assignment.prepared)
        search_out(assignment.sweep, candidates, backend, queue, study, desired, recorder.note)
    recorder.note(Phase("ending Ray"))


def _check_rows(study: SweepStudy, sweep: Sweep, prepared: ResolvedInputs) -> None:
    """Whatever was proposed before must be computable as the sweep is now."""
    for trial in study.trials():
        try:
            paths_of_trial(sweep, prepared, trial.plan, trial.settings)
        except ValueError as error:
            what = f"trial {trial.number} does not belong to this sweep: {error}"
            raise UserMistake(
                Mistake(study.where, what, "give the sweep another name, or take the task up again")
            ) from None


def job_of(
    sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder, found: Staff, runner: str
) -> SweepJob:
    """What the service is told of the sweep."""
    execution = sweep.execution
    return SweepJob(
        sweep=sweep.name,
        folder=folder.identity,
        store=sweep.store,
        settings=Settings(
            cache=folder.cache,
            device=found.device,
            threads=execution.threads,
            micro_batch=execution.micro_batch,
            checkpoint_seconds=execution.checkpoint_seconds,
            executor={"sweep": sweep.name, "folder": folder.identity},
        ),
        shape=found.shape,
        workers=found.workers,
        max_attempts=execution.max_attempts,
        pauses=pauses_of(sweep),
        encoders=prepared.every_encoder,
        runner=runner,
    )


def _passwords(store: str) -> dict[str, str]:
    """What the workers cannot look up: a file of this machine's is none of theirs."""
    found = {name: secret(name) for name in variables(store)}
    return {name: value for name, value in found.items() if value is not None}


@contextmanager
def _only_driver(folder: SweepFolder) -> Iterator[None]:
    """Hold the sweep's lock; the operating system frees it when the driver dies.

    It tells `xlt status` and a second driver at once; what keeps that one out for certain is the
    study's lease, so that a file system without locks will do.
    """
    new = not folder.path.exists()
    folder.path.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder.lock)
    try:
        lock.acquire(timeout=2)  # `xlt status` holds it for an instant
    except NotImplementedError:
        pass
    except filelock.Timeout:
        raise UserMistake(
            Mistake(
                shown(folder.place),
                "another driver is running this sweep",
                f"watch it with `xlt status {folder.called}`, or end it with `xlt stop`",
            )
        ) from None
    try:
        yield
    except BaseException:
        if new and not folder.exists:
            _leave_no_trace(folder)
        raise
    finally:
        lock.release()


def _leave_no_trace(folder: SweepFolder) -> None:
    """Remove what a driver has made before its sweep began, and nothing that is anybody else's.

    At a URL that is what lies on this machine: another's driver may be writing there by now.
    """
    study = (folder.study.with_name(folder.study.name + end) for end in ("", "-journal", "-wal"))
    for name in () if folder.is_remote else (IDENTITY, CONTROL, PREPARED):
        folder.files.remove(name)
    for path in (folder.lock, *study):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # something else lies there: it stays, and so does the folder
        folder.path.rmdir()


def _ended(
    study: SweepStudy, sweep: Sweep, prepared: ResolvedInputs, desired: DesiredStateWatch
) -> Ended:
    """How it ended: who asked for an end that had come by itself is told that it had come."""
    trials = study.trials()
    failed = sum(trial.state == TrialState.FAILED for trial in trials)
    left = sum(trial.state == TrialState.RUNNING for trial in trials)
    done = Ended(SweepState.FAILED if failed else SweepState.FINISHED, failed)
    asked = ENDED_BY.get(desired.current())
    if not desired.interrupted and asked is None:
        return Ended(SweepState.INTERRUPTED, failed, left) if left else done
    queue = ProposalQueue(study, candidates_of(sweep, prepared), sweep.search)
    if not (left or queue.is_open() or lacks_scores(sweep, prepared, trials)):
        return done
    return Ended(SweepState.INTERRUPTED if desired.interrupted or asked is None else asked, failed)
