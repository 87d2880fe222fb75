"""Ray up and down: a cluster of one's own on this machine, or one that is there already."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import ray
from ray._private import utils as ray_utils
from ray._private import worker as ray_worker
from ray._private.accelerators import get_accelerator_manager_for_resource
from ray.job_config import JobConfig

from sweeps.execution.address import no_cluster
from sweeps.execution.lean import lean_ray
from sweeps.execution.resources import Staff, no_gpu, staff
from sweeps.execution.scratch import object_folder, ray_folder
from sweeps.execution.worker_template import WorkerTemplate, worker_template
from sweeps.processes import uncollected
from sweeps.spec.sweep import Execution
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line

STARTS = 3  # of a node that is slow, as on a machine that is busy
LOOK_SECONDS = 2.0  # between looks at whether Ray's own processes are there
_TOO_SLOW = "timed out during startup"
log = logging.getLogger("xlt.cluster")

OBJECT_STORE_BYTES = 200 * 1024 * 1024  # only small values cross; weights go through the store


def quiet_environment() -> None:
    """Settings of Ray and Tune that must stand in the environment before they are used."""
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
    os.environ.setdefault("TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "0")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "1000000")  # Tune's state is not a truth
    os.environ.setdefault("PYTHONSAFEPATH", "1")  # workers import nothing from where they start
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS", "0")


def local_workers(execution: Execution) -> int:
    """Workers that this machine's cores hold, or as many as are asked for."""
    cores = len(os.sched_getaffinity(0))
    return execution.workers or max(1, cores // execution.threads)


def require_gpu() -> None:
    """Raise UserMistake where Ray, started here, would count no GPU."""
    gpus = get_accelerator_manager_for_resource("GPU")
    hidden = gpus.get_current_process_visible_accelerator_ids() == []  # None where all are shown
    if hidden or not gpus.get_current_node_num_accelerators():
        raise UserMistake(no_gpu("this machine"))


@contextmanager
def cluster(
    execution: Execution,
    address: str | None,
    say: Callable[[str], None] = lambda text: None,
    template: WorkerTemplate | None = None,
) -> Iterator[Staff]:
    """Attach to `address`, or start a cluster here and end it after; yields how it is staffed.

    Args:
        say: called with what is being done, before it is.
        template: what workers are forked from here; without, one is started with Ray.

    Raises:
        UserMistake: nothing answers at `address`; a GPU is asked for and there is none; no
            temporary folder will do for a cluster here.
    """
    quiet_environment()
    if ray.is_initialized():  # a test's or an application's own cluster
        yield staff(execution, ray.cluster_resources())
        return
    with ExitStack() as up:
        if address is None:
            if template is None:
                template = up.enter_context(worker_template(execution, None))
            say("starting Ray on this machine")
            _start_here(execution, template)
            up.callback(ray.shutdown)
            up.enter_context(_looked_after(say))
        else:
            say(f"joining the Ray cluster at {address}")
            _attach(address)
            up.callback(ray.shutdown)
        yield staff(execution, ray.cluster_resources())


@contextmanager
def _looked_after(say: Callable[[str], None]) -> Iterator[None]:
    """Meanwhile it is said if one of Ray's own processes here ends: Ray then ends this one soon, by
    itself, with words of its own."""
    node, over = ray_worker._global_node, threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if lost := [kind for kind, _ in node.dead_processes()]:
                say(
                    f"Ray's own {' and '.join(lost)} on this machine ended (killed, or out of "
                    "memory?), and Ray will end this process: nothing is lost, `xlt resume` goes on"
                )
                return

    threading.Thread(target=look, name="ray-alive", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _start_here(execution: Execution, template: WorkerTemplate | None) -> None:
    # What the driver needs next is imported while Ray waits for its own processes.
    threading.Thread(target=importlib.import_module, args=("ray.tune",), daemon=True).start()
    for attempt in range(STARTS):
        try:
            _start_once(execution, template)
            return
        except Exception as error:  # Ray has no type for it
            if _TOO_SLOW not in str(error):
                raise
            log.warning("Ray did not start in its time (try %d): %s", attempt + 1, error)
    what = f"its node did not answer within its half minute, {STARTS} times"
    remedy = "the machine may be busy, or short of memory: give the same command again later"
    raise UserMistake(Mistake("Ray, which is started here", what, remedy))


def _start_once(execution: Execution, template: WorkerTemplate | None) -> None:
    with _signals_left_alone(), uncollected(), lean_ray(template):
        ray.init(
            address="local",
            job_config=_job_config(),
            num_cpus=local_workers(execution) * execution.threads + 1,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=ray_folder(),
            _plasma_directory=object_folder(),
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )


@contextmanager
def _signals_left_alone() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it starts, and answers it by an exception wherever the main
    thread is: thrown where locks are given back, it is swallowed and the lock stays taken."""
    theirs = ray_utils.set_sigterm_handler
    ray_utils.set_sigterm_handler = lambda handler: None
    try:
        yield
    finally:
        ray_utils.set_sigterm_handler = theirs


def _job_config() -> JobConfig:
    # Else Ray has its workers look for modules in the driver's current folder first, where a
    # user's own random.py may lie. It leaves that out for drivers that came through a client.
    return JobConfig(_client_job=True)


def _attach(address: str) -> None:
    try:
        with _signals_left_alone():
            ray.init(
                address=address,
                job_config=_job_config(),
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserMistake(no_cluster(address, first_line(error))) from error
