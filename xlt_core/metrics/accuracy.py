"""Accuracy: classification and multiple choice."""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.metrics.metric import Metric


def accuracy(
    examples: Sequence[ClassificationExample | ChoiceExample],
    predictions: Sequence[int],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return the percentage of examples whose label's index was predicted."""
    right = sum(
        int(example.label == prediction)
        for example, prediction in zip(examples, predictions, strict=True)
    )
    return {"accuracy": 100.0 * right / len(examples)}


ACCURACY = Metric(
    name="accuracy",
    title="accuracy",
    compute=accuracy,
    primary=("accuracy",),
    source="google-research/xtreme, evaluate.py",
)
