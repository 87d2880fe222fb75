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
    return {"accuracy": percent_right([example.label for example in examples], predictions)}


def percent_right(gold: Sequence[object], predictions: Sequence[object]) -> float:
    """The percentage of predictions that are the gold answer; there is one of each an example."""
    right = sum(wanted == found for wanted, found in zip(gold, predictions, strict=True))
    return 100.0 * right / len(gold)


ACCURACY = Metric(
    name="accuracy",
    title="accuracy",
    compute=accuracy,
    primary=("accuracy",),
    source="google-research/xtreme, evaluate.py",
    kinds=("classification", "multiple_choice"),
)
