"""Errors, one class a cause. A user's mistake carries place, cause and remedy.

Only two families exist: what the user can mend (`UserMistake`) and what ended one stage
(`StageFailed`). `is_machines_fault` tells of any other whether a machine is to blame, which may be
well again by and by, and `is_full_disk` of these the one that somebody has to make room for;
`repeats_itself` tells which would only come again, however often it is tried.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing the user can mend: where it stands, what is wrong, what to do."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n    → {self.remedy}" if self.remedy else text


class XltError(Exception):
    """Base of every error this project raises on purpose."""


class UserMistake(XltError):
    """One or more mistakes of the user, found together. The command line exits with 2."""

    def __init__(self, mistakes: Mistake | Iterable[Mistake]) -> None:
        found = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        if not found:
            raise ValueError("a UserMistake needs at least one mistake")
        self.mistakes: tuple[Mistake, ...] = found
        super().__init__("\n".join(str(mistake) for mistake in found))

    def __reduce__(self) -> tuple[type[UserMistake], tuple[tuple[Mistake, ...]]]:
        return type(self), (self.mistakes,)


class MachineFault(XltError):
    """A machine lacks for now what the work needs; nothing is wrong with the work."""


class NotReached(UserMistake, MachineFault):
    """A server does not answer for now: a mistake to whoever waits for it, a fault in a worker."""


class StageFailed(XltError):
    """A stage ended with an error that trying again would only repeat."""


class NonFinite(StageFailed):
    """Numbers came out that are infinite or none. Nothing made of them is published."""


class NonFiniteLoss(NonFinite):
    """Training met a loss that is infinite or not a number. The recipe is at fault."""


class NonFiniteGradient(NonFinite):
    """The loss was finite, its gradient was not. The recipe is at fault."""


class NonFiniteWeights(NonFinite):
    """Training left weights that are infinite or not numbers."""


class NonFiniteScores(NonFinite):
    """A trained model's logits, or what was counted from them, are not numbers."""


class DataChanged(StageFailed):
    """The data read by a worker are not those the sweep was planned with."""


class ParentMissing(XltError):
    """The weights a stage starts from are not in the store (pruned or set aside)."""


class StageCancelled(XltError):
    """Nobody wants the stage any longer; it stopped at a checkpoint."""


class ProcessEnding(XltError):
    """The process was told to end; the stage goes on elsewhere from its checkpoint at `step`."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_WORDS = ("No space left on device", "disk is full", "Disk quota exceeded")
_DISK_WORDS = ("disk I/O error", "Input/output error", "Stale file handle")
# Errors of machines that are no OSError, by the library's and the class's name: none of these
# libraries may be imported here, and most processes have not loaded them.
_LIBRARIES = (
    "botocore", "aiobotocore", "aiohttp", "urllib3", "httpx", "httpcore", "httpx2", "httpcore2",
)  # fmt: skip
_CLASSES = ("MemoryError", "OutOfMemoryError", "BrokenProcessPool")
# What is wrong in code and in no machine. A ValueError or RuntimeError may be either: files that
# are read half, devices that are away.
_BUGS = (
    TypeError, AttributeError, NameError, LookupError, AssertionError, ArithmeticError,
    NotImplementedError,
)  # fmt: skip
# Torch has one class for everything; these it says of code, in any state of the machine …
_CODE_WORDS = (
    "does not have a deterministic implementation",
    "Deterministic behavior was enabled",
    "does not require grad",
    "backward through the graph a second time",
    "modified by an inplace operation",
    "must match the size of tensor",
    "shapes cannot be multiplied",
)
# … and these of a device, a process or memory, whoever's code had asked for it.
_DEVICE_WORDS = (
    "CUDA error", "CUDA driver", "cuDNN error", "CUDNN_STATUS", "CUBLAS_STATUS", "NCCL",
    "out of memory", "allocate memory", "start new thread",
)  # fmt: skip


def is_machines_fault(error: BaseException) -> bool:
    """Whether a machine is to blame: disk, network, memory, a lost process.

    So it is worth another try later, and no verdict on what was tried. What the user can mend and
    what ended a stage never are, whatever they came of; an error raised from a machine's is one.
    """
    for link in _chain(error):
        if isinstance(link, XltError):
            return isinstance(link, MachineFault)
        if _is_machines(link):
            return True
    return False


def repeats_itself(error: BaseException, in_plugin: bool = False) -> bool:
    """Whether trying again would only bring the same error again.

    What the user can mend and what ended a stage do, and so do bugs. What nobody foresaw may be
    the machine's and is worth another try.

    Args:
        in_plugin: whether the error went through code of a user's own (`plugins.place_in`), which
            is nearer at hand than a machine that nobody has complained of.
    """
    if is_machines_fault(error):
        return False
    if isinstance(error, (StageFailed, UserMistake)):
        return True
    said = str(error)
    if any(words in said for words in _CODE_WORDS):
        return True
    if any(words in said for words in _DEVICE_WORDS):
        return False
    return in_plugin or isinstance(error, _BUGS)


def is_full_disk(error: BaseException) -> bool:
    """Whether a disk without room is to blame; some libraries say so only in words."""
    return any(_is_full(link) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__


def _is_machines(error: BaseException) -> bool:
    if isinstance(error, OSError) or _is_full(error):
        return True
    kinds = type(error).__mro__
    return (
        any(kind.__name__ in _CLASSES for kind in kinds)
        or any(kind.__module__.partition(".")[0] in _LIBRARIES for kind in kinds)
        or any(words in str(error) for words in _DISK_WORDS)
    )


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return any(words in str(error) for words in _FULL_WORDS)
