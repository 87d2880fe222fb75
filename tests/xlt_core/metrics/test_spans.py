"""From logits to an answer: the best pair, by character offsets, over all windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.kinds.span.answers import best_span, best_spans
from xlt_core.kinds.span.example import SpanExample


def _example(context: str) -> SpanExample:
    return SpanExample("q", context, "question", ())


def _logits(tokens: int, **high: float) -> np.ndarray:
    """Zeros but at positions `t3=5.0`."""
    found = np.zeros(tokens, np.float32)
    for name, value in high.items():
        found[int(name[1:])] = value
    return found


ENGLISH = _example("Paris is big")
# <s> question </s> </s> Paris is big </s>
PLACES = [None, None, None, None, (0, 5), (6, 8), (9, 12), None]


class TestText:
    def test_is_cut_by_character_offsets(self):
        """White space included, as it stands in the context."""
        found = best_spans([_logits(8, t4=3)], [_logits(8, t5=2)], [PLACES], [0], [ENGLISH])
        assert found == [("Paris is", 5.0)]

    @pytest.mark.parametrize("context", ["北京是中国的首都", "กรุงเทพมหานครเป็นเมืองหลวง"])
    def test_needs_no_spaces_between_words(self, context: str):
        """Chinese and Thai come out whole."""
        places = [None, *((i, i + 1) for i in range(len(context)))]
        starts, ends = _logits(len(places), t2=4), _logits(len(places), t5=4)
        assert best_spans([starts], [ends], [places], [0], [_example(context)]) == [
            (context[1:5], 8.0)
        ]

    def test_has_no_space_around_it(self):
        """Where a token's offsets include one."""
        places = [None, (0, 5), (5, 8)]
        found = best_spans([_logits(3, t2=1)], [_logits(3, t2=1)], [places], [0], [ENGLISH])
        assert found[0][0] == "is"


class TestChoice:
    def test_special_and_question_tokens_are_no_answer(self):
        """However high their logits, unless no answer is allowed."""
        starts, ends = _logits(8, t0=9, t1=9, t6=1), _logits(8, t0=9, t1=9, t6=1)
        assert best_spans([starts], [ends], [PLACES], [0], [ENGLISH])[0][0] == "big"

    def test_an_answer_does_not_end_before_it_starts(self):
        """The best valid pair wins over the two best ends."""
        starts, ends = _logits(8, t6=5), _logits(8, t4=5, t6=1)
        assert best_spans([starts], [ends], [PLACES], [0], [ENGLISH]) == [("big", 6.0)]

    def test_the_best_window_wins(self):
        """Windows of one example in any order, other examples between."""
        other = _example("Rome")
        features = [
            (_logits(2, t1=1), [None, (0, 5)], 0),
            (_logits(2, t1=2), [None, (0, 4)], 1),
            (_logits(2, t1=3), [None, (9, 12)], 0),
        ]
        logits = [feature[0] for feature in features]
        found = best_spans(
            logits, logits, [f[1] for f in features], [f[2] for f in features], [ENGLISH, other]
        )
        assert found == [("big", 6.0), ("Rome", 4.0)]

    def test_equal_scores_go_to_the_first(self):
        """So that a result does not hang on the order of a sort."""
        flat = np.zeros(8, np.float32)
        assert best_spans([flat] * 2, [flat] * 2, [PLACES] * 2, [0, 0], [ENGLISH]) == [
            ("Paris", 0.0)
        ]

    def test_no_token_of_the_context_no_answer(self):
        """A window of question alone, and an example without a window."""
        flat = np.zeros(2, np.float32)
        found = best_spans([flat], [flat], [[None, None]], [0], [ENGLISH, ENGLISH])
        assert found == [("", float("-inf"))] * 2

    def test_padding_beyond_the_offsets_is_ignored(self):
        """Logits may be longer."""
        starts = _logits(12, t4=1, t10=9)
        assert best_spans([starts], [starts], [PLACES], [0], [ENGLISH])[0][0] == "Paris"


class TestNoAnswer:
    @pytest.mark.parametrize(("null", "answer"), [(5.0, ""), (1.0, "big"), (2.0, "big")])
    def test_wins_where_it_scores_higher(self, null: float, answer: str):
        """Start and end of the first token against the best span; a tie is answered."""
        logits = _logits(8, t0=null, t6=2)
        found = best_spans([logits], [logits], [PLACES], [0], [ENGLISH], null_allowed=True)
        assert found[0] == (answer, 2 * max(null, 2.0))

    def test_must_win_in_every_window(self):
        """A window without the answer says nothing about the others."""
        empty, full = _logits(8, t0=9), _logits(8, t0=1, t6=2)
        found = best_spans(
            [empty, full], [empty, full], [PLACES] * 2, [0, 0], [ENGLISH], null_allowed=True
        )
        assert found[0][0] == "big"


class TestAgainstEveryPair:
    @settings(max_examples=80, deadline=None)
    @given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 6))
    def test_finds_the_best_pair_of_all(self, seed: int, tokens: int, longest: int):
        """With n_best no bound, as by looking at each."""
        rng = np.random.default_rng(seed)
        starts, ends = rng.integers(-3, 4, (2, tokens)).astype(np.float32)
        places = [None if rng.random() < 0.3 else (i, i + 1) for i in range(tokens)]
        inside = [i for i, place in enumerate(places) if place is not None]
        pairs = [
            (float(starts[i] + ends[j]), i, j)
            for i in inside
            for j in inside
            if 0 <= j - i < longest
        ]
        found = best_span(starts, ends, places, longest, n_best=tokens)
        expected = min(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]), default=None)
        assert (found and (found.score, found.start, found.end)) == expected

    def test_only_the_n_best_starts_and_ends_are_paired(self):
        """As the reference does; one of each means one pair, here an impossible one."""
        starts, ends = _logits(8, t6=5), _logits(8, t4=5)
        assert best_span(starts, ends, PLACES, n_best=1) is None
        assert best_span(starts, ends, PLACES, n_best=2) is not None
