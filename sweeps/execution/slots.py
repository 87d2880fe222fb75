"""A worker as the pool knows it, and what kept one from starting. Part of `pool`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ray.exceptions import RayError, RayTaskError

from sweeps.execution.job import Shape
from xlt_core.vocabulary.errors import MachineFault

if TYPE_CHECKING:
    from ray.actor import ActorHandle


@dataclass
class WorkerSlot:
    """One worker, busy or idle.

    Attributes:
        placed: the cluster had room for it and its process runs.
        pid: 0 until it is ready for work.
        node: where it was placed, by Ray's id.
        called: what it calls itself, `host:pid`.
        since: when it was last given or done with work, by the loop's clock.
        told: it has been told to end: its node is to go.
        leaving: its process was told to end, or is lost: it gets no further work.
        out: it is left out (`conduct`), and holds its place so that nobody else comes there.
    """

    name: str
    shape: Shape
    actor: ActorHandle
    placed: bool = False
    pid: int = 0
    busy: bool = False
    node: str = ""
    called: str = ""
    since: float = 0.0
    told: bool = False
    leaving: bool = False
    out: bool = False
    cached_keys: tuple[str, ...] = ()

    @property
    def is_in_use(self) -> bool:
        """Whether it takes bundles, now or after the one it has."""
        return self.pid > 0 and not (self.told or self.leaving or self.out)

    @property
    def is_free(self) -> bool:
        """Whether it could take a bundle now."""
        return self.is_in_use and not self.busy


@dataclass(frozen=True)
class FailedStarts:
    """Workers of one shape that did not start, one after the other."""

    count: int
    error: Exception


def cause_of(error: RayError) -> Exception:
    """What really happened: the error of a task, else the loss of its process or node."""
    cause = error.cause if isinstance(error, RayTaskError) else None
    if isinstance(cause, Exception):
        return cause
    lost = MachineFault("the worker or its node was lost")
    lost.__cause__ = error
    return lost
