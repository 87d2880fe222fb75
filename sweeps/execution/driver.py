"""Running a sweep: the driver holds the lock (`lock`), feeds Tune, and writes down what happens.

Every start is a fresh start: the study says what was asked and told, the store what was computed,
and Tune's own files are thrown away. See DESIGN in the README's "How resume works".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sweeps.execution.address import require_cluster
from sweeps.execution.client import ServiceClient
from sweeps.execution.cluster import cluster, quiet_environment, require_gpu
from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.heartbeat import DriverHeartbeat
from sweeps.execution.job import Assignment, SweepJob
from sweeps.execution.lock import only_driver
from sweeps.execution.preflight import require_fit
from sweeps.execution.recorder import EventRecorder
from sweeps.execution.resources import Staff
from sweeps.execution.searching import pauses_of, search_out
from sweeps.execution.steady import never_steering
from sweeps.execution.worker_template import WorkerTemplate
from sweeps.results.states import SweepState
from sweeps.results.status import lacks_scores
from sweeps.search.claim import agreed, claim, require_own
from sweeps.search.lease import DriverLease
from sweeps.search.of_sweep import candidates_of
from sweeps.search.queue import ProposalQueue
from sweeps.search.retry import to_retry
from sweeps.search.samplers import make_sampler
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialState
from sweeps.spec import desired_state
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.inputs import ResolvedInputs, write_prepared
from sweeps.spec.paths import SweepFolder
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import Sweep
from sweeps.spec.trials import paths_of_trial
from xlt_core.plugins import content_of, import_plugins, named_plugins
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
    template: WorkerTemplate | None = None,
) -> Ended:
    """Run or resume `sweep` until it is finished or asked to end.

    Args:
        folder: the sweep's own; created where it is not there.
        observe: called with every event, from more than one thread but never at once.
        address: a Ray cluster's; None starts one here.
        revisit: the sweep was extended by seeds, targets or languages: finished trials are gone
            through again for what they lack (see `ProposalQueue`).
        retry_failed: try failed trials again; a failed baseline is tried again in any case.
        template: what workers are forked from, where Ray is started here.

    Raises:
        UserMistake: a plug-in cannot be imported; another driver runs this sweep, or took it over;
            the study is another sweep's, of another spec or broken; no cluster at `address`, nodes
            that will not do (`preflight`), no GPU where one is asked for. What has not begun
            leaves nothing behind.
        KeyboardInterrupt: Ctrl-C before anything was begun.
    """
    import_plugins(named_plugins())
    quiet_environment()
    if address is not None:
        require_cluster(address)
    elif sweep.execution.device == "cuda":
        require_gpu()
    desired = DesiredStateWatch(folder)
    with only_driver(folder):
        return _under_lock(
            _Order(
                sweep, prepared, folder, observe, address, revisit, retry_failed, desired, template
            )
        )


@dataclass(frozen=True)
class _Order:
    """What `run_sweep` was asked for, and what is desired of the sweep meanwhile."""

    sweep: Sweep
    prepared: ResolvedInputs
    folder: SweepFolder
    observe: Callable[[Event], None]
    address: str | None
    revisit: bool
    retry_failed: bool
    desired: DesiredStateWatch
    template: WorkerTemplate | None

    def queue(self, study: SweepStudy) -> ProposalQueue:
        """What there is to propose, from where the study stands now."""
        candidates = candidates_of(self.sweep, self.prepared)
        return ProposalQueue(study, candidates, self.sweep.search, self.revisit)

    def say(self, text: str) -> None:
        """Say who holds the sweep."""
        with never_steering("saying who holds the sweep"):
            self.observe(Message(text))

    def doing(self, text: str) -> None:
        """Say what is being done, where no recorder is there yet."""
        with never_steering("saying what is being done"):
            self.observe(Phase(text))


def _under_lock(order: _Order) -> Ended:
    """Take the study's lease and find whatever is wrong before anything is written; then begin."""
    sweep, prepared, folder, desired = order.sweep, order.prepared, order.folder, order.desired
    before = desired_state.written(folder)  # for another driver; what comes now is for us
    # A mistake in space or options is found before there is a study.
    make_sampler(sweep.search.method, candidates_of(sweep, prepared), sweep.search.options)
    order.doing("reading the study")
    study = SweepStudy.open(sweep.storage, sweep.name)
    require_own(study.attrs(), study.where, sweep, folder)
    with study.lease(order.say, desired.interrupt) as lease:
        order = replace(order, sweep=agreed(study, sweep, prepared, folder, order.say))
        # A mistake in the rows is found before anything is written.
        queue = order.queue(study)
        _check_rows(study, order.sweep, prepared)
        again = to_retry(study.trials(), order.retry_failed)
        desired_state.forget(folder, before)
        with desired.looking(), desired.hearing_signals(), ExitStack() as ray_up:
            found = _started(order, study, ray_up) if again or queue.is_open() else None
            _require_wanted(order, lease)
            # Nothing was written up to here, and nothing that is written below is refused
            # later: what cannot begin leaves no sweep behind.
            _write_down(study, order.sweep, prepared, folder, again)
            return _recorded(order, study, lease, found, ray_up)


def _started(order: _Order, study: SweepStudy, ray_up: ExitStack) -> Staff:
    """Ray is up until `ray_up` is closed, and its nodes will do: how it is staffed."""
    sweep, template = order.sweep, order.template
    found = ray_up.enter_context(cluster(sweep.execution, order.address, order.doing, template))
    order.desired.hear_again()  # whoever may have taken a handler meanwhile
    passwords, has_begun = _passwords(sweep.store, sweep.tracking), bool(study.trials())
    require_fit(sweep, order.prepared, found, passwords, has_begun, order.say, order.doing)
    return found


def _require_wanted(order: _Order, lease: DriverLease) -> None:
    """Raise where the study is another's by now, or Ctrl-C came before anything was begun."""
    if lease.lost:
        raise lease.mistake()
    if order.desired.interrupted:
        order.doing("interrupted before anything was begun")
        raise KeyboardInterrupt


def _recorded(
    order: _Order, study: SweepStudy, lease: DriverLease, found: Staff | None, ray_up: ExitStack
) -> Ended:
    """What is open is searched, under Ray; every event, and how it ended, is written down.

    Args:
        found: how Ray is staffed; None where nothing is open.
        ray_up: ends Ray.
    """
    sweep, prepared, folder = order.sweep, order.prepared, order.folder
    queue = order.queue(study)
    with EventRecorder(sweep, prepared, folder, study, order.observe) as recorder:
        if found is not None:
            recorder.staffed(found)
            job = job_of(sweep, prepared, folder, found)
            if order.address is not None:
                job = replace(job, passwords=_passwords(sweep.store))
            assignment = Assignment(sweep, prepared, job)
            _search(assignment, queue, study, order.desired, recorder, folder)
            ray_up.close()
        if lease.lost:
            raise lease.mistake()
        ended = _ended(study, sweep, prepared, order.desired)
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
    recorder.note(Phase(f"starting workers, {job.workers} at most"))
    from sweeps.execution.tune import RayTune

    with DriverHeartbeat(ServiceClient(job), desired, recorder.note):
        backend = RayTune(assignment, folder)
        candidates = candidates_of(assignment.sweep, assignment.prepared)
        search_out(assignment.sweep, candidates, backend, queue, study, desired, recorder.note)
    recorder.note(Phase("letting go of the workers"))


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


def job_of(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder, found: Staff) -> SweepJob:
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
        shapes=found.shapes,
        ahead=found.ahead,
        idle_seconds=execution.idle_seconds,
        workers=found.workers,
        max_attempts=execution.max_attempts,
        pauses=pauses_of(sweep),
        encoders=prepared.every_encoder,
        plugins=named_plugins(),
        code=content_of(named_plugins()),
    )


def _passwords(*addresses: str) -> dict[str, str]:
    """What the workers cannot look up: a file of this machine's is none of theirs."""
    found = {name: secret(name) for address in addresses for name in variables(address)}
    return {name: value for name, value in found.items() if value is not None}


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
