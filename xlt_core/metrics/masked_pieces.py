"""Hidden pieces: how many were found, and how surprising they were."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xlt_core.kinds.masked_lm import HiddenPiece, TextExample
from xlt_core.metrics.metric import Metric


def masked_pieces(
    examples: Sequence[TextExample],
    predictions: Sequence[Sequence[HiddenPiece]],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return the percentage of hidden pieces that were the likeliest, and their mean probability.

    The mean is the geometric one, in percent: 100 over it is the perplexity (e to the mean loss of
    a hidden piece), so 100 where all are certain, and 100 / pieces where nothing is known.
    """
    pieces = [piece for row in predictions for piece in row]
    if not pieces:
        return {"accuracy": 0.0, "probability": 0.0}
    right = sum(hidden == likely for hidden, likely, _ in pieces)
    mean = math.fsum(log for _, _, log in pieces) / len(pieces)
    return {"accuracy": 100.0 * right / len(pieces), "probability": 100.0 * math.exp(mean)}


MASKED_PIECES = Metric(
    name="masked_pieces",
    title="accuracy of hidden pieces",
    compute=masked_pieces,
    primary=("accuracy",),
    source="Devlin et al. 2019, BERT, section 3.1; perplexity: 100 over the mean probability",
    kinds=("masked_lm",),
)
