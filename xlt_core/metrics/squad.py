"""Answers to questions: F1 over words and exact match, after SQuAD's or MLQA's normalising.

Both take the best over the gold answers, for F1 and exact match separately. A question without
gold answers scores 100 for an answer without words and 0 for any other; so does, by SQuAD 2.0's
script alone, one whose gold answers are nothing once they are normalised. Neighbours:
`answers` (the normalisers), `spans` (where the predicted texts come from).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from xlt_core.kinds.span.example import SpanExample
from xlt_core.metrics.answers import mlqa_normaliser, squad_words
from xlt_core.metrics.metric import Metric
from xlt_core.vocabulary.scores import mean

Words = Callable[[str], list[str]]


def word_f1(predicted: list[str], gold: list[str]) -> float:
    """Return F1 of two bags of words, in [0, 1]; 0 where nothing is in common.

    So two answers of articles alone are equal but have F1 0, as in the reference scripts.
    """
    common = (Counter(predicted) & Counter(gold)).total()
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def answer_scores(prediction: str | None, gold: Sequence[str], words: Words) -> tuple[float, float]:
    """Return F1 and exact match of one answer, each in [0, 1]; None is a missing answer."""
    if prediction is None:
        return 0.0, 0.0
    predicted = words(prediction)
    if not gold:
        empty = float(not predicted)
        return empty, empty
    candidates = [words(text) for text in gold]
    f1 = max(word_f1(predicted, candidate) for candidate in candidates)
    return f1, float(predicted in candidates)


def squad(
    examples: Sequence[SpanExample],
    predictions: Sequence[str | None],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return F1 and exact match with SQuAD's English normalising, whatever the language."""
    return _score(examples, predictions, squad_words)


def mlqa(
    examples: Sequence[SpanExample],
    predictions: Sequence[str | None],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return F1 and exact match with MLQA's normalising of `language`.

    Raises:
        UserMistake: MLQA has no normaliser for the language.
    """
    return _score(examples, predictions, mlqa_normaliser(language))


def squad2(
    examples: Sequence[SpanExample],
    predictions: Sequence[str | None],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return F1 and exact match as SQuAD 2.0's script does, for tasks with unanswerable questions.

    It drops gold answers without words; so nothing is left but what has some, or nothing at all.
    """
    worded = [
        replace(one, answers=tuple(gold for gold in one.answers if squad_words(gold[0])))
        for one in examples
    ]
    return _score(worded, predictions, squad_words)


def _score(
    examples: Sequence[SpanExample], predictions: Sequence[str | None], words: Words
) -> dict[str, float]:
    pairs = [
        answer_scores(prediction, [text for text, _ in example.answers], words)
        for example, prediction in zip(examples, predictions, strict=True)
    ]
    return {
        "f1": 100.0 * mean(f1 for f1, _ in pairs),
        "exact_match": 100.0 * mean(exact for _, exact in pairs),
    }


SQUAD = Metric(
    name="squad",
    title="mean of F1 and exact match (SQuAD's normaliser)",
    compute=squad,
    primary=("f1", "exact_match"),
    source="rajpurkar/SQuAD-explorer, evaluate-v1.1.py",
    kinds=("span",),
)
SQUAD2 = Metric(
    name="squad2",
    title="mean of F1 and exact match (SQuAD 2.0's script)",
    compute=squad2,
    primary=("f1", "exact_match"),
    source="rajpurkar/SQuAD-explorer, evaluate-v2.0.py",
    kinds=("span",),
)
MLQA = Metric(
    name="mlqa",
    title="mean of F1 and exact match (MLQA's normaliser of the language)",
    compute=mlqa,
    primary=("f1", "exact_match"),
    source="facebookresearch/MLQA, mlqa_evaluation_v1.py",
    kinds=("span",),
)
