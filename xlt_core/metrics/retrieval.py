"""Accuracy at 1 of retrieval: is the nearest row the right one."""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.kinds.retrieval import RetrievalExample
from xlt_core.metrics.accuracy import percent_right
from xlt_core.metrics.metric import Metric


def accuracy_at_1(
    examples: Sequence[RetrievalExample],
    predictions: Sequence[str],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return the percentage of rows that were found by their own translation."""
    return {"accuracy": percent_right([example.id for example in examples], predictions)}


RETRIEVAL = Metric(
    name="retrieval",
    title="accuracy at 1",
    compute=accuracy_at_1,
    primary=("accuracy",),
    source="google-research/xtreme, evaluate.py (Tatoeba)",
    kinds=("retrieval",),
)
