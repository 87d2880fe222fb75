"""From start and end logits to the text of an answer.

A long context is cut into overlapping windows, one feature each; the best span of all windows
wins. The text is taken from the context by character offsets: re-aligning a span by white space,
as common post-processing does, destroys Chinese and Thai. Neighbours: `squad`, which scores the
texts; `xlt_core.data`, which makes the windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.span.example import SpanExample

# Characters of the context a token covers, [first, last), or None for any token outside it.
Offset = tuple[int, int] | None
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Span:
    """A candidate: tokens `start` to `end`, both included, and the sum of their logits."""

    score: float
    start: int
    end: int


def best_spans(
    start_logits: Sequence[Floats],
    end_logits: Sequence[Floats],
    offsets: Sequence[Sequence[Offset]],
    example_of_feature: Sequence[int],
    examples: Sequence[SpanExample],
    *,
    max_answer_length: int = 30,
    n_best: int = 20,
    null_allowed: bool = False,
) -> list[tuple[str, float]]:
    """Choose an answer for each example from the logits of its features.

    Args:
        start_logits: one array [tokens] a feature; padding may be cut or kept.
        end_logits: likewise.
        offsets: one sequence a feature, an entry a token: the characters of `example.context` it
            covers, None for special, question and padding tokens. May be shorter than the logits.
        example_of_feature: index into `examples` of each feature.
        examples: those asked about.
        max_answer_length: tokens an answer may have at most.
        n_best: how many of the highest starts and of the highest ends of a feature are paired.
        null_allowed: whether "no answer" is a candidate (SQuAD 2.0). Its score is that of the
            first token (`<s>`), the lowest over the example's features; it wins where it is
            higher than every span's.

    Returns:
        One (text, score) an example, in order: the score is the sum of two logits. The text is
        empty for no answer; where no feature has a span at all the score is minus infinity.

    Raises:
        ValueError: the four sequences over features differ in length.

    Source: the pairing of best starts and ends is BERT's SQuAD post-processing (Devlin et al.
    2019), as used by XTREME; equal scores go to the earlier feature, start and end.
    """
    best: list[tuple[str, float]] = [("", float("-inf"))] * len(examples)
    null = [float("inf")] * len(examples)
    features = zip(start_logits, end_logits, offsets, example_of_feature, strict=True)
    for starts, ends, places, index in features:
        span = best_span(starts, ends, places, max_answer_length, n_best)
        if span is not None and span.score > best[index][1]:
            best[index] = (_text(examples[index].context, places, span), span.score)
        null[index] = min(null[index], float(starts[0]) + float(ends[0]))
    if not null_allowed:
        return best
    return [
        ("", none) if answer[1] < none < float("inf") else answer
        for answer, none in zip(best, null, strict=True)
    ]


def best_span(
    start_logits: Floats,
    end_logits: Floats,
    offsets: Sequence[Offset],
    max_answer_length: int = 30,
    n_best: int = 20,
) -> Span | None:
    """Return the best span of one feature, None where no token of it lies in the context."""
    inside = np.array([i for i, place in enumerate(offsets) if place is not None], dtype=np.intp)
    if not inside.size:
        return None
    # float64: the sum of two float32 logits is then exact, so ties are real ties.
    starts = np.asarray(start_logits, dtype=np.float64)
    ends = np.asarray(end_logits, dtype=np.float64)
    first, last = _highest(starts, inside, n_best), _highest(ends, inside, n_best)
    length = last[None, :] - first[:, None] + 1
    scores = np.where(
        (length >= 1) & (length <= max_answer_length),
        starts[first][:, None] + ends[last][None, :],
        -np.inf,
    )
    row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
    if scores[row, column] == -np.inf:
        return None
    return Span(float(scores[row, column]), int(first[row]), int(last[column]))


def _highest(logits: Floats, inside: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return the positions of the `count` highest logits among `inside`, in reading order."""
    order = np.argsort(-logits[inside], kind="stable")[:count]
    return np.sort(inside[order])


def _text(context: str, offsets: Sequence[Offset], span: Span) -> str:
    """Cut the answer out of the context, without white space around it."""
    start, end = offsets[span.start], offsets[span.end]
    if start is None or end is None:
        raise ValueError("a span's ends must lie in the context")
    return context[start[0] : end[1]].strip()
