"""Metrics: predictions of one task in one language → percent.

`score` is the one door; the table below names every metric. A new metric is one file beside this
one and one line here. Neighbour: `xlt_core.vocabulary.scores` (averages over languages).
"""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.kinds.example import Example
from xlt_core.metrics.accuracy import ACCURACY
from xlt_core.metrics.correlation import CORRELATION
from xlt_core.metrics.masked_pieces import MASKED_PIECES
from xlt_core.metrics.metric import Metric
from xlt_core.metrics.retrieval import RETRIEVAL
from xlt_core.metrics.squad import MLQA, SQUAD, SQUAD2
from xlt_core.metrics.tagging import PANX, UDPOS
from xlt_core.vocabulary.scores import mean

METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        ACCURACY,
        UDPOS,
        PANX,
        SQUAD,
        SQUAD2,
        MLQA,
        CORRELATION,
        RETRIEVAL,
        MASKED_PIECES,
    )
}

__all__ = ["METRICS", "Metric", "score"]


def score(
    metric: str,
    examples: Sequence[Example],
    predictions: Sequence[object],
    language: str,
    labels: tuple[str, ...],
) -> tuple[dict[str, float], float]:
    """Score the predictions of one task in one language.

    Args:
        metric: a name in `METRICS`.
        examples: what was asked, gold answers included.
        predictions: one an example, in the same order. Classification and multiple choice: the
            label's index. Tagging: a tag's index for each word, -1 for one that no model saw
            (wrong whatever the gold). Spans: the answer's text, empty for no answer, None where
            the model gave none at all (scores 0). Retrieval: the id of the row that was found.
            Masked language modelling: of every hidden piece its id, the likeliest, and its
            log-probability.
        language: code of the examples' language; the MLQA normaliser depends on it.
        labels: the task's label names in index order; tagging reads them.

    Returns:
        Percent by metric name, and the primary score.

    Raises:
        ValueError: no such metric, nothing to score, or not one prediction an example.
    """
    found = METRICS.get(metric)
    if found is None:
        raise ValueError(f"no metric {metric!r}; there are {', '.join(METRICS)}")
    if not examples or len(predictions) != len(examples):
        raise ValueError(f"{len(predictions)} predictions for {len(examples)} examples")
    by_name = found.compute(examples, predictions, language, labels)
    return by_name, mean(by_name[name] for name in found.primary)
