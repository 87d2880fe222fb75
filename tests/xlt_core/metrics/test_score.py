"""The one door of the metrics: what every metric promises."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.example import Example
from xlt_core.kinds.masked_lm import TextExample
from xlt_core.kinds.regression import RegressionExample
from xlt_core.kinds.retrieval import RetrievalExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import METRICS, score
from xlt_core.tasks import all_tasks

# Without X: the reference's spans of X depend on the sentence before (see `test_tagging`).
UPOS = ("ADJ", "NOUN", "SCONJ", "SYM", "VERB")
IOB2 = ("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O")
LABELS = {"accuracy": ("a", "b", "c"), "udpos": UPOS, "panx": IOB2, "squad": (), "mlqa": ()}
LABELS |= {"correlation": (), "retrieval": (), "squad2": (), "masked_pieces": ()}
LOWEST = {"correlation": -100.0}  # elsewhere 0
WORDS = ("the", "Eiffel", "tower", "1,250", "de", "la", "北京", "ที่", "!")


def _example(metric: str, rng: random.Random, number: int) -> Example:
    if metric == "accuracy":
        if number % 2:
            return ChoiceExample(str(number), "c", "q", ("x", "y", "z"), rng.randrange(3))
        return ClassificationExample(str(number), "first", None, rng.randrange(3))
    if metric in ("udpos", "panx"):
        tags = tuple(rng.randrange(len(LABELS[metric])) for _ in range(rng.randint(1, 6)))
        return TaggingExample(str(number), ("word",) * len(tags), tags)
    if metric == "correlation":
        return RegressionExample(str(number), "first", None, rng.randrange(11) / 2)
    if metric == "retrieval":
        return RetrievalExample(str(number), "sentence", "english")
    if metric == "masked_pieces":
        return TextExample(str(number), "a sentence")
    golds = tuple((" ".join(rng.choices(WORDS, k=3)), 0) for _ in range(rng.randint(0, 2)))
    return SpanExample(str(number), "context", "question", golds)


def _prediction(metric: str, rng: random.Random, example: Example):
    if metric == "accuracy":
        return rng.randrange(3)
    if isinstance(example, TaggingExample):
        return [rng.randrange(len(LABELS[metric])) for _ in example.tags]
    if isinstance(example, RegressionExample):
        return rng.random()
    if isinstance(example, RetrievalExample):
        return str(rng.randrange(4))
    if isinstance(example, TextExample):
        count = rng.randrange(4)
        return [(rng.randrange(3), rng.randrange(3), -9.0 * rng.random()) for _ in range(count)]
    return rng.choice([None, "", " ".join(rng.choices(WORDS, k=rng.randint(1, 3)))])


def _case(metric: str, seed: int):
    rng = random.Random(seed)
    examples = [_example(metric, rng, number) for number in range(rng.randint(1, 8))]
    return examples, [_prediction(metric, rng, example) for example in examples]


@pytest.mark.parametrize("metric", sorted(METRICS))
class TestEveryMetric:
    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_is_in_percent(self, metric: str, seed: int):
        """No number leaves its range, and the primary is a mean of named ones."""
        by_name, primary = score(metric, *_case(metric, seed), "en", LABELS[metric])
        names = METRICS[metric].primary
        lowest = LOWEST.get(metric, 0.0) - 1e-9
        assert all(lowest <= value <= 100.0 + 1e-9 for value in by_name.values())
        assert primary == pytest.approx(sum(by_name[name] for name in names) / len(names))

    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_does_not_depend_on_the_order_of_examples(self, metric: str, seed: int):
        """Examples and predictions moved together score the same."""
        examples, predictions = _case(metric, seed)
        order = random.Random(seed).sample(range(len(examples)), len(examples))
        moved = [examples[i] for i in order], [predictions[i] for i in order]
        before, _ = score(metric, examples, predictions, "en", LABELS[metric])
        after, _ = score(metric, *moved, "en", LABELS[metric])
        assert after == pytest.approx(before)

    def test_refuses_a_wrong_number_of_predictions(self, metric: str):
        """Rather than score some of them."""
        examples, predictions = _case(metric, 1)
        with pytest.raises(ValueError, match="predictions for"):
            score(metric, examples, predictions[:-1], "en", LABELS[metric])

    def test_refuses_to_score_nothing(self, metric: str):
        """An empty split has no score."""
        with pytest.raises(ValueError, match="0 examples"):
            score(metric, [], [], "en", LABELS[metric])


class TestAccuracy:
    def test_by_hand(self):
        """Three of four."""
        examples = [ClassificationExample(str(i), "t", None, i % 2) for i in range(4)]
        assert score("accuracy", examples, [0, 1, 0, 0], "en", ("a", "b")) == (
            {"accuracy": 75.0},
            75.0,
        )


class TestMaskedPieces:
    def test_by_hand(self):
        """Every piece counts alike, whichever text it is of."""
        examples = [TextExample("1", "a"), TextExample("2", "b c")]
        found = [[(7, 7, math.log(0.5))], [(8, 8, 0.0), (9, 8, math.log(0.25))]]
        by_name, primary = score("masked_pieces", examples, found, "en", ())
        assert by_name == pytest.approx({"accuracy": 200 / 3, "probability": 50.0})
        assert primary == by_name["accuracy"]


class TestTable:
    def test_every_task_names_a_metric_of_the_table(self):
        """No task waits until evaluation to be found out."""
        assert {task.metric for task in all_tasks()} <= set(METRICS)

    def test_an_unknown_name_is_refused(self):
        """With the known ones."""
        with pytest.raises(ValueError, match="udpos"):
            score("bleu", [], [], "en", ())
