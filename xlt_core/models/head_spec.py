"""What a task's head is, as planning needs it without torch: kind and labels, and which fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlt_core.kinds.kind import TaskKind


@dataclass(frozen=True)
class HeadSpec:
    """A head: the kind of task and its label names in index order."""

    kind: TaskKind
    labels: tuple[str, ...]

    def fits(self, other: HeadSpec) -> bool:
        """Whether a head for one can serve the other: same kind, same set of labels."""
        return self.kind.name == other.kind.name and sorted(self.labels) == sorted(other.labels)


def fitting_head(heads: Mapping[str, HeadSpec], task: str, wanted: HeadSpec) -> str | None:
    """Which of `heads` serves `task`: its own, else the first by name that fits; None if none.

    A kind that needs no head is served by the encoder, under its own name.
    """
    if not wanted.kind.has_head or (task in heads and heads[task].fits(wanted)):
        return task
    return next((name for name in sorted(heads) if heads[name].fits(wanted)), None)
