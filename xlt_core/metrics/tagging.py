"""Tagging: span F1 as seqeval 1.2.2 counts it in its default mode, and token accuracy.

The reference feeds seqeval plain part-of-speech tags too, which seqeval was not made for; what
comes of that is the protocol's "F1" and is kept here to the digit (`chunks` says how). Token
accuracy, which readers expect of part-of-speech tagging, stands beside it.

A word that no model saw (beyond `max_length`) has no tag, `UNSEEN`: it is wrong whatever its gold
tag is, and no span reaches over it.

The counting is written out rather than called from seqeval, which warns of every plain tag and
pulls in scikit-learn; tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlt_core.kinds.tagging.example import UNSEEN, TaggingExample
from xlt_core.metrics.metric import Metric

Chunk = tuple[str, int, int]
OUTSIDE = "O"
# Never a gold tag. Its `.` closes the span before it and opens none, even after an X.
_UNSEEN_NAME = ".unseen"


def chunks(sentences: Sequence[Sequence[str]]) -> Iterator[Chunk]:
    """Yield (type, first, last) of every span, positions counted over all sentences in one row.

    As seqeval does: a tag's first character is its prefix and the rest, less a hyphen, its type
    (`B-PER` → B, PER; `NOUN` → N, OUN; `X` and `O` → type `_`). With IOB2 tags these are the usual
    spans, an I- without its B- opening one as well. With plain tags, neighbouring equal tags are
    one span, with two oddities that this repeats: tags in S (SCONJ, SYM) never join their like,
    and X next to O or to a sentence's edge opens or closes no span of its own.
    """
    prefix, kind, first = OUTSIDE, "", 0
    position = 0
    for sentence in sentences:
        for tag in (*sentence, OUTSIDE):
            new_prefix, new_kind = tag[0], tag[1:].split("-", 1)[-1] or "_"
            if _ends(prefix, kind, new_prefix, new_kind):
                yield kind, first, position - 1
            if _starts(prefix, kind, new_prefix, new_kind):
                first = position
            prefix, kind = new_prefix, new_kind
            position += 1


def _ends(prefix: str, kind: str, new_prefix: str, new_kind: str) -> bool:
    """Whether a span ends between two tags."""
    if prefix in "ES":
        return True
    if prefix in "BI" and new_prefix in "BSO":
        return True
    return prefix not in "O." and kind != new_kind


def _starts(prefix: str, kind: str, new_prefix: str, new_kind: str) -> bool:
    """Whether a span starts with the second of two tags."""
    if new_prefix in "BS":
        return True
    if prefix in "ESO" and new_prefix in "EI":
        return True
    return new_prefix not in "O." and kind != new_kind


def span_scores(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return precision, recall and F1 over spans in percent, micro-averaged over types.

    Each is 0 where its denominator is.
    """
    gold_chunks, predicted_chunks = set(chunks(gold)), set(chunks(predicted))
    right = len(gold_chunks & predicted_chunks)
    precision = right / len(predicted_chunks) if predicted_chunks else 0.0
    recall = right / len(gold_chunks) if gold_chunks else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"f1": 100.0 * f1, "precision": 100.0 * precision, "recall": 100.0 * recall}


def panx(
    examples: Sequence[TaggingExample],
    predictions: Sequence[Sequence[int]],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return F1, precision and recall of the named entities."""
    return span_scores(*_tags(examples, predictions, labels))


def udpos(
    examples: Sequence[TaggingExample],
    predictions: Sequence[Sequence[int]],
    language: str,
    labels: tuple[str, ...],
) -> dict[str, float]:
    """Return the reference's "F1" of part-of-speech tags, and token accuracy."""
    gold, predicted = _tags(examples, predictions, labels)
    right = sum(
        int(wanted == found)
        for wanted_row, found_row in zip(gold, predicted, strict=True)
        for wanted, found in zip(wanted_row, found_row, strict=True)
    )
    words = sum(len(row) for row in gold)
    return {"f1": span_scores(gold, predicted)["f1"], "accuracy": 100.0 * right / max(words, 1)}


def _tags(
    examples: Sequence[TaggingExample],
    predictions: Sequence[Sequence[int]],
    labels: tuple[str, ...],
) -> tuple[list[list[str]], list[list[str]]]:
    """Name gold and predicted tags. Raises ValueError where a word has no prediction."""
    for example, prediction in zip(examples, predictions, strict=True):
        if len(prediction) != len(example.tags):
            raise ValueError(
                f"{example.id}: {len(prediction)} tags predicted for {len(example.tags)} words"
            )
    gold = [[labels[tag] for tag in example.tags] for example in examples]
    names = {UNSEEN: _UNSEEN_NAME, **dict(enumerate(labels))}
    return gold, [[names[tag] for tag in prediction] for prediction in predictions]


UDPOS = Metric(
    name="udpos",
    title="F1 of runs of equal part-of-speech tags (seqeval on plain tags), and token accuracy",
    compute=udpos,
    primary=("f1",),
    source="google-research/xtreme, third_party/evaluate_pos.py with seqeval 1.2.2",
    kinds=("tagging",),
)
PANX = Metric(
    name="panx",
    title="span F1 (IOB2, seqeval's default mode)",
    compute=panx,
    primary=("f1",),
    source="google-research/xtreme, third_party/evaluate_ner.py with seqeval 1.2.2",
    kinds=("tagging",),
)
