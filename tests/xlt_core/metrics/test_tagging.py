"""Span F1 of tags: equal to seqeval 1.2.2 in its default mode, on IOB2 and on plain tags."""

from __future__ import annotations

import random
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import score
from xlt_core.metrics.tagging import UNSEEN, chunks, span_scores
from xlt_core.tasks.layout import UPOS_LABELS

IOB2 = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
# Tags that meet every rule of seqeval's, the ones no data set of ours has among them.
ODD = ("O", ".", "X", "A", "I", "B", "B-A", "E-A", "S-A", "I-A", "I-B", "E-B-C")


def _sentences(labels: tuple[str, ...], seed: int):
    rng = random.Random(seed)
    few = rng.sample(labels, min(4, len(labels)))  # few tags, so that runs and matches occur
    gold = [[rng.choice(few) for _ in range(rng.randint(1, 7))] for _ in range(rng.randint(1, 4))]
    predicted = [[tag if rng.random() < 0.6 else rng.choice(few) for tag in s] for s in gold]
    return gold, predicted


@pytest.mark.parametrize("labels", [UPOS_LABELS, IOB2, ODD], ids=["upos", "iob2", "odd"])
class TestAgainstSeqeval:
    @settings(max_examples=120, deadline=None)
    @given(seed=st.integers(0, 10**9))
    def test_scores_are_equal(self, labels, seed: int):
        """F1, precision and recall."""
        from seqeval.metrics import f1_score, precision_score, recall_score

        gold, predicted = _sentences(labels, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = {
                "f1": 100 * f1_score(gold, predicted),
                "precision": 100 * precision_score(gold, predicted),
                "recall": 100 * recall_score(gold, predicted),
            }
        assert span_scores(gold, predicted) == pytest.approx(expected)

    @settings(max_examples=60, deadline=None)
    @given(seed=st.integers(0, 10**9))
    def test_spans_are_equal(self, labels, seed: int):
        """One by one."""
        from seqeval.metrics.sequence_labeling import get_entities

        gold, _ = _sentences(labels, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert list(chunks(gold)) == get_entities(gold)


class TestSpans:
    def test_iob2_by_hand(self):
        """B- opens, I- goes on, another type or a stray I- opens too."""
        found = list(chunks([["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-ORG"]]))
        assert found == [("PER", 0, 1), ("LOC", 3, 3), ("LOC", 4, 4), ("ORG", 5, 5)]

    def test_neighbouring_equal_plain_tags_are_one_span(self):
        """So the reference's F1 of part-of-speech tags counts runs, not words."""
        assert list(chunks([["NOUN", "NOUN", "VERB"], ["VERB"]])) == [
            ("OUN", 0, 1),
            ("ERB", 2, 2),
            ("ERB", 4, 4),
        ]

    def test_tags_in_s_stand_alone(self):
        """seqeval reads SCONJ and SYM as single-token spans."""
        assert len(list(chunks([["SYM", "SYM", "SCONJ", "SCONJ"]]))) == 4

    def test_x_at_a_sentences_edge_is_lost_or_stretched(self):
        """seqeval takes X and the boundary for one type: it closes nothing there, nor opens."""
        assert list(chunks([["NOUN", "X"]])) == [("OUN", 0, 0)]
        assert list(chunks([["NOUN"], ["X", "VERB"]])) == [
            ("OUN", 0, 0),
            ("_", 0, 2),
            ("ERB", 3, 3),
        ]


class TestPanx:
    def test_by_hand(self):
        """Two spans right of three predicted and four wanted."""
        labels = IOB2
        gold = TaggingExample("1", ("w",) * 7, (1, 2, 0, 3, 0, 5, 1))
        predicted = [1, 2, 0, 3, 0, 1, 0]
        by_name, primary = score("panx", [gold], [predicted], "en", labels)
        assert by_name == pytest.approx(
            {"precision": 200 / 3, "recall": 50.0, "f1": 400 / 7},
        )
        assert primary == by_name["f1"]

    def test_no_span_at_all_scores_zero(self):
        """As seqeval says it, even where there was none to find."""
        gold = TaggingExample("1", ("w",) * 2, (0, 0))
        assert score("panx", [gold], [[0, 0]], "en", IOB2)[1] == 0.0

    def test_perfect_is_100(self):
        """Every span found and none beside."""
        gold = TaggingExample("1", ("w",) * 3, (1, 2, 0))
        assert score("panx", [gold], [list(gold.tags)], "en", IOB2)[1] == 100.0


class TestUdpos:
    def test_f1_is_not_token_accuracy(self):
        """One word wrong in a run of three: the whole run is wrong."""
        noun, verb = UPOS_LABELS.index("NOUN"), UPOS_LABELS.index("VERB")
        gold = TaggingExample("1", ("w",) * 4, (noun, noun, noun, verb))
        by_name, primary = score("udpos", [gold], [[noun, verb, noun, verb]], "en", UPOS_LABELS)
        assert by_name["accuracy"] == 75.0
        assert by_name["f1"] == pytest.approx(100 * 2 * (1 / 4 * 1 / 2) / (1 / 4 + 1 / 2))
        assert primary == by_name["f1"]

    def test_perfect_is_100(self):
        """In both numbers."""
        gold = TaggingExample("1", ("w",) * 4, (0, 7, 7, 12))
        assert score("udpos", [gold], [list(gold.tags)], "en", UPOS_LABELS) == (
            {"f1": 100.0, "accuracy": 100.0},
            100.0,
        )

    def test_a_word_without_prediction_is_an_error(self):
        """Naming the example."""
        gold = TaggingExample("row-7", ("w",) * 2, (0, 1))
        with pytest.raises(ValueError, match="row-7"):
            score("udpos", [gold], [[0]], "en", UPOS_LABELS)


@st.composite
def _cut_sentences(draw: st.DrawFn, labels: int):
    """Gold tags of some sentences, and how many words of each a model saw."""
    tags = st.lists(st.integers(0, labels - 1), min_size=1, max_size=8)
    gold = draw(st.lists(tags, min_size=1, max_size=4))
    return gold, [draw(st.integers(0, len(row))) for row in gold]


class TestWordsNoModelSaw:
    """They are wrong whatever their gold tag is."""

    @pytest.mark.parametrize("tag", range(len(UPOS_LABELS)), ids=UPOS_LABELS)
    def test_three_of_four_words_cut(self, tag: int):
        """Whichever tag they all have, one of four is right."""
        gold = TaggingExample("1", ("w",) * 4, (tag,) * 4)
        by_name, _ = score("udpos", [gold], [[tag, UNSEEN, UNSEEN, UNSEEN]], "en", UPOS_LABELS)
        assert by_name["accuracy"] == 25.0

    @pytest.mark.parametrize("tag", range(len(UPOS_LABELS)), ids=UPOS_LABELS)
    def test_nothing_is_right_where_nothing_was_seen(self, tag: int):
        """Neither accuracy nor F1 is above 0."""
        gold = TaggingExample("1", ("w",) * 4, (tag,) * 4)
        by_name, primary = score("udpos", [gold], [[UNSEEN] * 4], "en", UPOS_LABELS)
        assert (by_name["accuracy"], primary) == (0.0, 0.0)

    @settings(max_examples=100, deadline=None)
    @given(found=_cut_sentences(len(UPOS_LABELS)))
    def test_only_seen_words_are_right(self, found):
        """A model that is right on all it saw: its accuracy is the share of words it saw."""
        gold, seen = found
        examples = [TaggingExample(str(n), ("w",) * len(r), tuple(r)) for n, r in enumerate(gold)]
        predicted = [
            row[:count] + [UNSEEN] * (len(row) - count)
            for row, count in zip(gold, seen, strict=True)
        ]
        by_name, _ = score("udpos", examples, predicted, "en", UPOS_LABELS)
        words = sum(len(row) for row in gold)
        assert by_name["accuracy"] == pytest.approx(100 * sum(seen) / words)

    @pytest.mark.parametrize("labels", [UPOS_LABELS, IOB2], ids=["upos", "iob2"])
    @settings(max_examples=100, deadline=None)
    @given(data=st.data())
    def test_no_span_holds_a_word_that_was_not_seen(self, labels, data):
        """Predicted spans end at the last word seen, and those before it are what they were."""
        gold, seen = data.draw(_cut_sentences(len(labels)))
        row, count = gold[0], seen[0]
        names = [labels[tag] for tag in row[:count]]
        cut = list(chunks([names + [".unseen"] * (len(row) - count)]))
        assert all(last < count for _, _, last in cut)
        whole = list(chunks([names]))
        assert [span for span in whole if span[2] < count] == cut[: len(whole)]
