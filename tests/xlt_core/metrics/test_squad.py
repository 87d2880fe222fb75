"""Answers: the two normalisers by hand, and F1 and exact match over several golds."""

from __future__ import annotations

import pytest

from xlt_core.kinds.span.example import SpanExample
from xlt_core.metrics import score
from xlt_core.metrics.answers import mlqa_words, squad_words
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import UserMistake


def _question(*golds: str) -> SpanExample:
    return SpanExample("q", "context", "question", tuple((gold, 0) for gold in golds))


def _scores(metric: str, prediction: str | None, *golds: str, language: str = "en"):
    by_name, _ = score(metric, [_question(*golds)], [prediction], language, ())
    return by_name["f1"], by_name["exact_match"]


class TestSquadWords:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("The Eiffel Tower!", ["eiffel", "tower"]),
            ("  an  apple,\ta day ", ["apple", "day"]),
            ("U.S.-based", ["usbased"]),
            ("theatre", ["theatre"]),
            ("la tour", ["la", "tour"]),
            ("北京 市", ["北京", "市"]),
            ("“quoted”", ["“quoted”"]),  # ASCII punctuation only
            ("a", []),
        ],
    )
    def test_by_hand(self, text: str, words: list[str]):
        """English articles and ASCII punctuation go, in every language."""
        assert squad_words(text) == words


class TestMlqaWords:
    @pytest.mark.parametrize(
        ("language", "text", "words"),
        [
            ("en", "The “Tower” — of a king", ["tower", "of", "king"]),
            ("es", "¿La casa de los Pérez?", ["casa", "de", "pérez"]),
            ("de", "Der König des Landes", ["könig", "landes"]),
            ("vi", "Cái nhà của tôi", ["nhà", "tôi"]),
            ("ar", "الكتاب", ["كتاب"]),
            ("ar", "مال", ["م"]),  # within a word too, as the official script has it
            ("hi", "राम। सीता", ["राम", "सीता"]),
            ("zh", "1998年，北京 Hotel A", ["1998", "年", "北", "京", "hotel", "a"]),
        ],
    )
    def test_by_hand(self, language: str, text: str, words: list[str]):
        """Articles by language, punctuation of every script, Han one by one."""
        assert mlqa_words(text, language) == words

    def test_knows_seven_languages(self):
        """Any other is the user's mistake, which says so."""
        with pytest.raises(UserMistake, match="MLQA has no normaliser for 'sw'"):
            _scores("mlqa", "x", "x", language="sw")

    def test_chinese_f1_is_by_character(self):
        """Where SQuAD's would see two different words."""
        assert _scores("mlqa", "北京", "北京市", language="zh") == pytest.approx((80.0, 0.0))
        assert _scores("squad", "北京", "北京市", language="zh") == (0.0, 0.0)


class TestUnanswerable:
    """By hand after evaluate-v2.0.py: `gold_answers` without words are dropped, then `[""]`."""

    def test_a_gold_answer_without_words_is_none(self):
        """So no answer is right, in F1 too."""
        assert _scores("squad2", "", "the") == (100.0, 100.0)
        assert _scores("squad2", "The!", "the", "a") == (100.0, 100.0)
        assert _scores("squad2", "tower", "the") == (0.0, 0.0)

    def test_beside_one_with_words_it_does_not_count(self):
        """By version 1.1 it would be matched."""
        assert _scores("squad2", "the", "the", "tower") == (0.0, 0.0)
        assert _scores("squad", "the", "the", "tower") == (0.0, 100.0)
        assert _scores("squad2", "tower", "the", "tower") == (100.0, 100.0)

    def test_the_task_is_scored_so(self):
        """SQuAD 2.0 asks what may have no answer."""
        assert get_task("squad2").metric == "squad2"


@pytest.mark.parametrize("metric", ["squad", "squad2", "mlqa"])
class TestAnswers:
    def test_f1_by_hand(self, metric: str):
        """Two words in common of two predicted and three wanted."""
        assert _scores(metric, "Eiffel Tower", "the Eiffel Tower Paris") == pytest.approx(
            (80.0, 0.0)
        )

    def test_a_word_counts_as_often_as_it_stands_in_both(self, metric: str):
        """Bags of words, not sets."""
        assert _scores(metric, "no no no", "no no") == pytest.approx((80.0, 0.0))

    def test_equal_after_normalising_is_perfect(self, metric: str):
        """Case, articles and punctuation aside."""
        assert _scores(metric, "The tower.", "Tower") == (100.0, 100.0)

    def test_takes_the_best_gold_for_each_number(self, metric: str):
        """Whichever annotator it was."""
        assert _scores(metric, "tower", "bridge", "tower", "tower hill") == (100.0, 100.0)

    @pytest.mark.parametrize("prediction", [None, ""])
    def test_a_missing_answer_scores_zero(self, metric: str, prediction: str | None):
        """Where there was one to give."""
        assert _scores(metric, prediction, "tower") == (0.0, 0.0)

    def test_no_answer_is_right_where_there_is_none(self, metric: str):
        """And any words are wrong there."""
        assert _scores(metric, "") == (100.0, 100.0)
        assert _scores(metric, "tower") == (0.0, 0.0)
        assert _scores(metric, None) == (0.0, 0.0)

    def test_articles_alone_are_equal_without_words_in_common(self, metric: str):
        """The official scripts' corner: exact match without F1. Version 2.0 has none."""
        f1 = 100.0 if metric == "squad2" else 0.0
        assert _scores(metric, "the", "The") == (f1, 100.0)

    def test_the_primary_is_the_mean_of_both(self, metric: str):
        """Over all questions."""
        examples = [_question("tower"), _question("the Eiffel Tower Paris"), _question("x")]
        by_name, primary = score(metric, examples, ["tower", "Eiffel Tower", "y"], "en", ())
        assert by_name == pytest.approx({"f1": 60.0, "exact_match": 100 / 3})
        assert primary == pytest.approx((60.0 + 100 / 3) / 2)
