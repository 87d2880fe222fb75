"""What crosses between driver, coordinators, service and workers: plain picklable values."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.sweep import Sweep
from xlt_core.plugins import place_in
from xlt_core.stage import Settings
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import (
    StageFailed,
    UserMistake,
    is_full_disk,
    is_machines_fault,
    repeats_itself,
)
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.lines import first_line, harmless
from xlt_core.vocabulary.pauses import Pauses
from xlt_core.vocabulary.refs import EncoderRef


class StageStatus(StrEnum):
    """What became of a stage."""

    DONE = "done"  # computed now or found in the store
    FAILED = "failed"  # its own error; trying again would only repeat it
    LOST = "lost"  # something unexpected, mostly the machine's fault; worth another try
    MOVED = "moved"  # its worker was told to end; it goes on elsewhere, from its checkpoint
    INTERRUPTED = "interrupted"  # the machine's fault outlasted every try; no verdict on the stage
    STOPPED = "stopped"  # the sweep was stopped or cancelled before it ran
    LEASED_ELSEWHERE = "held"  # another cluster is computing it
    PARENT_MISSING = "orphaned"  # the parent's weights are no longer in the store


PAUSES = Pauses()
NOTICES = Pauses(first=10.0, growth=3.0, longest=300.0)


@dataclass(frozen=True)
class Shape:
    """What a worker occupies; `memory` in bytes."""

    threads: int = 1
    gpus: float = 0.0
    memory: int = 0

    @property
    def resources(self) -> dict[str, float]:
        """As Ray names them."""
        found = {"CPU": float(self.threads), "GPU": self.gpus, "memory": float(self.memory)}
        return {name: amount for name, amount in found.items() if amount}


@dataclass(frozen=True)
class SweepJob:
    """What the service must know of the sweep that asks.

    Attributes:
        sweep: its name.
        folder: the id of its folder: another sweep on the cluster may have the name.
        store: URL of the stage store; one service serves one store.
        settings: how stages are executed (`executor` names the sweep).
        shape: of a worker.
        shapes: by kind of stage, where that is another.
        workers: most stages of one shape at once.
        max_attempts: tries of a stage that a machine's fault ended, and of starting a worker.
        pauses: waited between two tries.
        notices: waited before it is said that workers find no room on the cluster.
        ahead: workers that are started before there is work; None for all.
        idle_seconds: how long a worker without work stays.
        grace_seconds: how long workers stay that no sweep wants.
        encoders: opened by workers ahead of their first stage.
        plugins: modules that add members to the tables (see `xlt_core.plugins`), for a cluster
            whose processes did not inherit this one's environment.
        code: of those plug-ins (`xlt_core.plugins.content_of`).
        passwords: what the store's address names (see `vocabulary.address`), for a cluster whose
            processes did not inherit this one's environment.
    """

    sweep: str
    store: str
    settings: Settings
    shape: Shape = Shape()
    workers: int = 1
    max_attempts: int = 5
    pauses: Pauses = PAUSES
    notices: Pauses = NOTICES
    grace_seconds: float = 10.0
    encoders: tuple[EncoderRef, ...] = ()
    plugins: tuple[str, ...] = ()
    code: str = ""
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    folder: str = ""
    shapes: Mapping[str, Shape] = field(default_factory=dict, hash=False)
    ahead: int | None = None
    idle_seconds: float = 300.0

    def of(self, kind: str) -> SweepJob:
        """As it is for a stage of this kind: on a worker of its shape, on that one's device."""
        if not self.shapes:
            return self
        shape = self.shapes.get(kind, self.shape)
        device = self.settings.device if shape.gpus else "cpu"
        return replace(self, shape=shape, settings=replace(self.settings, device=device))

    @property
    def service(self) -> str:
        """The service's name on a cluster: one a store and set of plug-ins.

        A plug-in may change what a process computes, for every sweep that the process serves.
        """
        own = [bare(self.store), self.plugins, self.code] if self.plugins else bare(self.store)
        return f"xlt-stages-{fingerprint(own)[:16]}"

    @property
    def every_shape(self) -> tuple[Shape, ...]:
        """What its workers occupy, each once."""
        return tuple(dict.fromkeys((self.shape, *self.shapes.values())))

    @property
    def identity(self) -> str:
        """What the service knows the sweep by."""
        return f"{self.sweep}@{self.folder}"

    def lend_passwords(self) -> None:
        """Put them where the store looks for them, in this process."""
        os.environ.update(self.passwords)


@dataclass(frozen=True)
class StageOutcome:
    """What became of one stage.

    Attributes:
        answer: what its kind hands to whoever asked: of an evaluation, `scores.json`.
        error: one or more lines for people, where it failed or was lost.
        executed: whether it was computed now (not found in the store).
        cached_keys: keys the worker has in memory afterwards.
        machine: whether it was lost to a machine's fault.
        full: whether that was a disk without room.
        worker: who says so, where it was moved.
        step: of training, from which it goes on, where it was moved.
    """

    key: str
    status: StageStatus
    answer: Mapping[str, Any] | None = None
    error: str = ""
    executed: bool = False
    seconds: float = 0.0
    cached_keys: tuple[str, ...] = field(default=())
    machine: bool = False
    full: bool = False
    worker: str = ""
    step: int = 0

    @property
    def first_line(self) -> str:
        """Of the error."""
        return self.error.partition("\n")[0]

    @classmethod
    def ended(cls, key: str, error: BaseException, plugins: Sequence[str] = ()) -> StageOutcome:
        """A stage that ended with an error: failed where it would only repeat, else lost."""
        place = place_in(error, plugins)
        if not repeats_itself(error, in_plugin=bool(place)):
            return cls.lost(key, error)
        if isinstance(error, (StageFailed, UserMistake)):  # they say where by themselves
            return cls(key, StageStatus.FAILED, error=f"{type(error).__name__}: {error}")
        return cls(key, StageStatus.FAILED, error=described(error, place))

    @classmethod
    def lost(cls, key: str, error: BaseException) -> StageOutcome:
        """A stage that ended with an error which is none of its own."""
        machine, full = is_machines_fault(error), is_full_disk(error)
        return cls(key, StageStatus.LOST, error=described(error), machine=machine, full=full)

    def given_up(self, why: str) -> StageOutcome:
        """The last word on a stage that was lost: it has failed, unless by a machine's fault."""
        status = StageStatus.INTERRUPTED if self.machine else StageStatus.FAILED
        return replace(self, status=status, error=f"{why}: {self.error}")


MOST_LINES = 30


def described(error: BaseException, place: str = "") -> str:
    """What happened in one line, with the place that is to be mended; then where."""
    head = first_line(f"{type(error).__name__}: {error}") + (f" ({place})" if place else "")
    lines = "".join(traceback.format_exception(error)).strip().splitlines()
    return harmless("\n".join([head, *lines[-MOST_LINES:]]))


@dataclass(frozen=True)
class Assignment:
    """What every coordinator of a sweep knows."""

    sweep: Sweep
    prepared: ResolvedInputs
    job: SweepJob
