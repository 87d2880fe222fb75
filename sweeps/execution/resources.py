"""What a cluster has and what workers take of it: decisions only, no Ray, no torch.

GPUs are counted as Ray counts them. One worker each unless the spec says how many workers; then
they share evenly. What is short is said in words for people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sweeps.execution.job import Shape
from sweeps.spec.sweep import Execution
from xlt_core.vocabulary.errors import Mistake, UserMistake

GIBIBYTE = 2**30
FRACTIONS = 10_000  # Ray counts resources in ten-thousandths


@dataclass(frozen=True)
class Staff:
    """How a sweep is staffed.

    Attributes:
        workers: most stages at once.
        shape: what one worker occupies.
        device: `cpu`, or `auto`: the GPU a worker is given where its torch can use it.
    """

    workers: int
    shape: Shape
    device: str


def staff(execution: Execution, total: Mapping[str, float]) -> Staff:
    """Workers for a cluster with resources `total`, one core left to the coordinators.

    Raises:
        UserMistake: `cuda` is asked for where Ray counts no GPU.
    """
    gpus = int(total.get("GPU", 0))
    if execution.device == "cuda" and not gpus:
        raise UserMistake(no_gpu("this cluster"))
    by_cores = max(1, int((total.get("CPU", 1) - 1) // execution.threads))
    if execution.device == "cpu" or not gpus:
        return Staff(execution.workers or by_cores, Shape(execution.threads), "cpu")
    workers = execution.workers or min(by_cores, gpus)
    return Staff(workers, Shape(execution.threads, gpu_share(workers, gpus)), execution.device)


def no_gpu(where: str) -> Mistake:
    """The mistake of asking for a GPU where there is none."""
    what = f"cuda, but Ray counts no GPU on {where}"
    return Mistake("execution.device", what, "write auto or cpu")


def gpu_share(workers: int, gpus: int) -> float:
    """What each of `workers` gets of a GPU: a whole one while there are enough, else a part."""
    together = math.ceil(workers / gpus)
    return math.floor(FRACTIONS / together) / FRACTIONS


def memory_complaint(needed: int, free: int, total: int, share: float) -> str:
    """Why training does not fit on a GPU, in bytes; empty where it may.

    Args:
        needed: the least that training takes.
        free: what nobody has taken yet.
        total: the GPU's memory.
        share: the worker's part of the GPU; others will want theirs.
    """
    allowed = total * share
    if needed > allowed:
        part = "" if share == 1.0 else f" in a share of {share:g} of it"
        remedy = "fewer workers" if share < 1.0 and needed <= total else "a smaller encoder"
        return f"training takes {_size(needed)}, the GPU has {_size(allowed)}{part}: take {remedy}"
    if needed > free:
        return f"training takes {_size(needed)}, only {_size(free)} of the GPU's memory are free"
    return ""


def shortage(
    missing: int, shape: Shape, total: Mapping[str, float], free: Mapping[str, float]
) -> str:
    """What workers that were not placed wait for.

    Args:
        missing: how many.
        shape: what each of them takes.
        total: the cluster's resources as Ray names them (`CPU`, `GPU`).
        free: what is free of them.
    """
    wanted = {"CPU": float(shape.threads), "GPU": shape.gpus}
    taken = {name: amount for name, amount in wanted.items() if amount}
    each = " and ".join(f"{amount:g} {name}" for name, amount in taken.items())
    has = ", ".join(
        f"{free.get(name, 0.0):g} of {total.get(name, 0.0):g} {name}s free" for name in taken
    )
    who = "1 worker waits" if missing == 1 else f"{missing} workers wait"
    return f"{who} for room on the cluster ({each} each; {has}){_outlook(taken, total, free)}"


def _outlook(
    taken: Mapping[str, float], total: Mapping[str, float], free: Mapping[str, float]
) -> str:
    if any(amount > total.get(name, 0.0) for name, amount in taken.items()):
        return ": it is too small, add nodes or ask for less under execution"
    if any(amount > free.get(name, 0.0) for name, amount in taken.items()):
        return ": other work holds it, or the processes start slowly"
    return ": no node has as much free at once, or the processes start slowly"


def _size(size: float) -> str:
    return f"{size / GIBIBYTE:.1f} GiB"
