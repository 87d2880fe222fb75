"""Correlations of predicted with gold numbers, in percent: Pearson's and Spearman's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlt_core.kinds.regression import RegressionExample
from xlt_core.metrics.metric import Metric


def correlation(
    examples: Sequence[RegressionExample],
    predictions: Sequence[float],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Pearson's r and Spearman's ρ, times 100; 0 where either side has one value only."""
    from scipy.stats import rankdata  # type: ignore[import-untyped]

    gold = np.array([example.value for example in examples])
    found = np.array(predictions, dtype=np.float64)
    return {
        "pearson": 100.0 * _pearson(gold, found),
        "spearman": 100.0 * _pearson(rankdata(gold), rankdata(found)),
    }


def _pearson(first: np.ndarray, second: np.ndarray) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


CORRELATION = Metric(
    name="correlation",
    title="Pearson's and Spearman's correlation",
    compute=correlation,
    primary=("pearson", "spearman"),
    source="GLUE (Wang et al. 2019), section 3.2: STS-B is judged by both",
    kinds=("regression",),
)
