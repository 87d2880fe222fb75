"""Ray up and down: a cluster of one's own on this machine, or one that is there already."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from sweeps.execution.job import Shape
from sweeps.spec.sweep import Execution
from xlt_core.vocabulary.errors import Mistake, UserMistake

OBJECT_STORE_BYTES = 200 * 1024 * 1024  # only small values cross; weights go through the store


def quiet_environment() -> None:
    """Settings of Ray and Tune that must stand in the environment before they are used."""
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
    os.environ.setdefault("TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "0")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "1000000")  # Tune's state is not a truth
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS", "0")


def shape_of(execution: Execution) -> Shape:
    """What one worker occupies."""
    return Shape(threads=execution.threads, gpus=1.0 if execution.device == "cuda" else 0.0)


def local_workers(execution: Execution) -> int:
    """Workers on this machine: as asked, else as many as its cores hold."""
    cores = len(os.sched_getaffinity(0))
    return execution.workers or max(1, cores // execution.threads)


@contextmanager
def cluster(execution: Execution, address: str | None) -> Iterator[int]:
    """Attach to `address`, or start a cluster here and end it after; yields the worker count.

    Raises:
        UserMistake: nothing answers at `address`.
    """
    quiet_environment()
    if ray.is_initialized():  # a test's or an application's own cluster
        yield execution.workers or _room(execution)
        return
    if address is None:
        workers = local_workers(execution)
        # What the driver needs next is imported while Ray waits for its own processes.
        threading.Thread(target=importlib.import_module, args=("ray.tune",), daemon=True).start()
        ray.init(
            address="local",
            num_cpus=workers * execution.threads + 1,
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    else:
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UserMistake(
                Mistake(
                    f"--address {address}",
                    f"no Ray cluster answers there ({str(error).splitlines()[0]})",
                    "start one with `ray start --head`, or leave --address out to run here",
                )
            ) from error
        workers = execution.workers or _room(execution)
    try:
        yield workers
    finally:
        ray.shutdown()


def _room(execution: Execution) -> int:
    """Workers the cluster has room for, one core left to the coordinators."""
    resources = ray.cluster_resources()
    by_cores = int((resources.get("CPU", 1) - 1) // execution.threads)
    if execution.device == "cuda":
        return max(1, min(by_cores, int(resources.get("GPU", 0))))
    return max(1, by_cores)
