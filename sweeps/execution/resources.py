"""What a cluster has and what workers take of it: decisions only, no Ray, no torch.

GPUs are counted as Ray counts them. One worker each unless the spec says how many workers; then
they share evenly. What is short is said in words for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sweeps.execution.job import Shape
from sweeps.spec.sweep import Execution
from xlt_core.stages import KINDS, TrainStage
from xlt_core.vocabulary.errors import Mistake, UserMistake

GIBIBYTE = 2**30
MEMORY = "memory"  # Ray's name of a resource that is counted in bytes
FRACTIONS = 10_000  # Ray counts resources in ten-thousandths


@dataclass(frozen=True)
class Staff:
    """How a sweep is staffed.

    Attributes:
        workers: most stages at once.
        shape: what one worker occupies.
        device: `cpu`, or `auto`: the GPU a worker is given where its torch can use it.
        shapes: by kind of stage, where the spec has them differ.
        ahead: of the workers, those that there is room for now.
    """

    workers: int
    shape: Shape
    device: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    ahead: int = field(default=1, compare=False)


def staff(execution: Execution, total: Mapping[str, float]) -> Staff:
    """Workers for a cluster with resources `total`, one core left to the coordinators.

    Raises:
        UserMistake: `cuda` is asked for where Ray counts no GPU, and nothing says how many GPUs
            and workers there will be where a cluster grows.
    """
    gpus = int(total.get("GPU", 0))
    coming = execution.gpus is not None and execution.workers is not None
    if execution.device == "cuda" and not gpus and not coming:
        raise UserMistake(no_gpu("this cluster"))
    found = _usual(execution, total, gpus)
    shapes = {kind: _shape(execution, kind, found) for kind in KINDS}
    shape = shapes[TrainStage.kind]
    differing = {kind: one for kind, one in shapes.items() if one != shape}
    device = found.device if any(one.gpus for one in shapes.values()) else "cpu"
    return Staff(found.workers, shape, device, differing, found.ahead)


def _usual(execution: Execution, total: Mapping[str, float], gpus: int) -> Staff:
    """Workers for all kinds of stages alike: what the spec does not say is worked out."""
    room = [(total.get("CPU", 1) - 1) // execution.threads]
    memory = execution.memory_of(TrainStage.kind)
    if memory:
        room.append(total.get("memory", 0.0) // memory)
    if execution.device == "cpu" or not (gpus or execution.device == "cuda"):
        return _staff(execution, _least(room), Shape(execution.threads), "cpu")
    share = execution.gpus_of(TrainStage.kind)
    if share is None or share > 0:
        room.append(gpus * math.floor(1 / (share or 1.0) + 1e-9))
    if share is not None:
        return _staff(execution, _least(room), Shape(execution.threads, share), execution.device)
    workers = execution.workers or _least(room)
    shape = Shape(execution.threads, gpu_share(workers, max(1, gpus)))
    return Staff(workers, shape, execution.device, ahead=workers)


def _staff(execution: Execution, room: int, shape: Shape, device: str) -> Staff:
    """As many workers as are asked for, else as there is room for."""
    workers = execution.workers or room
    return Staff(workers, shape, device, ahead=min(workers, room))


def _least(room: Iterable[float]) -> int:
    return max(1, int(min(room)))


def _shape(execution: Execution, kind: str, usual: Staff) -> Shape:
    """Of a worker for stages of a kind; GPUs that nobody will use are not asked for."""
    asked = None if usual.device == "cpu" else execution.gpus_of(kind)
    gpus = usual.shape.gpus if asked is None else asked
    return replace(usual.shape, gpus=gpus, memory=execution.memory_of(kind))


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
    taken = shape.resources
    each = " and ".join(f"{_amount(name, amount)} {name}" for name, amount in taken.items())
    has = ", ".join(
        f"{_amount(name, free.get(name, 0.0))} of {_amount(name, total.get(name, 0.0))} "
        f"{name if name == MEMORY else name + 's'} free"
        for name in taken
    )
    who = "1 worker waits" if missing == 1 else f"{missing} workers wait"
    return f"{who} for room on the cluster ({each} each; {has}){_outlook(taken, total, free)}"


def has_room(shape: Shape, free: Mapping[str, float]) -> bool:
    """Whether a worker of `shape` may find room in what is free, if one node has it all."""
    return all(amount <= free.get(name, 0.0) for name, amount in shape.resources.items())


def _outlook(
    taken: Mapping[str, float], total: Mapping[str, float], free: Mapping[str, float]
) -> str:
    if any(amount > total.get(name, 0.0) for name, amount in taken.items()):
        return ": it is too small, add nodes or ask for less under execution"
    if any(amount > free.get(name, 0.0) for name, amount in taken.items()):
        return ": other work holds it, or the processes start slowly"
    return ": no node has as much free at once, or the processes start slowly"


def _amount(name: str, amount: float) -> str:
    return _size(amount) if name == MEMORY else f"{amount:g}"


def _size(size: float) -> str:
    return f"{size / GIBIBYTE:.1f} GiB"
