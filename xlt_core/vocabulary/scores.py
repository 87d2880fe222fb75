"""Scores: what an evaluation says, and how scores are averaged.

Percent everywhere, full precision kept. Means follow XTREME-R: the unweighted mean over a task's
languages; a question-answering score is the mean of F1 and EM; a family's score is the unweighted
mean over its languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xlt_core.vocabulary.json_value import JsonObject


@dataclass(frozen=True)
class Scores:
    """All metrics of one trained stage on one task, language and split.

    Attributes:
        metrics: percent by metric name; `primary` is the one a task is judged by.
        examples: number of examples scored.
    """

    task: str
    language: str
    split: str
    metrics: Mapping[str, float] = field(hash=False)
    primary: float
    examples: int

    def to_json(self) -> JsonObject:
        """The form kept in `scores.json`."""
        return {
            "task": self.task,
            "language": self.language,
            "split": self.split,
            "metrics": dict(self.metrics),
            "primary": self.primary,
            "examples": self.examples,
        }


def mean(values: Iterable[float]) -> float:
    """Unweighted mean. Raises ValueError where there is nothing to average."""
    found = list(values)
    if not found:
        raise ValueError("nothing to average")
    return sum(found) / len(found)
