"""What a metric is. One file a family beside this one, one line each in `xlt_core.metrics`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Compute = Callable[[Sequence[Any], Sequence[Any], str, tuple[str, ...]], dict[str, float]]


@dataclass(frozen=True)
class Metric:
    """How a task's predictions in one language become numbers, in percent.

    Attributes:
        name: as `Task.metric` says it.
        title: one line for people.
        compute: (examples, predictions, language, labels) → percent by name.
        primary: the names whose mean a task is judged by (question answering: F1 and EM).
        source: the script or paper whose numbers this one equals.
        version: raised by hand when it gives other numbers.
        kinds: the kinds of task whose predictions it can score; empty where nothing is said.
    """

    name: str
    title: str
    compute: Compute
    primary: tuple[str, ...]
    source: str
    version: int = 1
    kinds: tuple[str, ...] = ()
