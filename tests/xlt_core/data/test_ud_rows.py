"""Fused forms as the reference keeps them. Sentences are made up, each for one rule."""

from __future__ import annotations

from typing import Any

import pytest

from xlt_core.data.ud_rows import with_fused_forms


def fused(words: str, spans: dict[str, str], language: str = "de", **columns: Any) -> str:
    """`word/TAG/head` in, `word/TAG` out."""
    parts = [word.split("/") for word in words.split()]
    row = {
        "tokens": [part[0] for part in parts],
        "head": [part[2] for part in parts],
        "deps": columns.get("deps", [None] * len(parts)),
        "mwt": [{"id": key, "form": form} for key, form in spans.items()],
    }
    found = with_fused_forms(row, [part[1] for part in parts], language)
    return " ".join(f"{word}/{tag}" for word, tag in found)


@pytest.mark.parametrize(
    ("language", "words", "spans", "right"),
    [
        # One word is highest, whatever its tag.
        ("es", "da/VERB/0 me/PRON/1 lo/PRON/1 ya/ADV/1", {"1-3": "dámelo"}, "dámelo/VERB ya/ADV"),
        ("de", "im/ADP/2 Haus/NOUN/0 x/DET/1", {"2-3": "Hausx"}, "im/ADP Hausx/NOUN"),
        # Two are as high: the list of the language, or the usual one, says.
        ("fr", "de/ADP/3 le/DET/3 pain/NOUN/0", {"1-2": "du"}, "du/ADP pain/NOUN"),
        ("he", "ha/DET/3 be/ADP/3 bayit/NOUN/0", {"1-2": "ba"}, "ba/ADP bayit/NOUN"),
        ("fr", "a/DET/3 b/AUX/3 c/NOUN/0", {"1-2": "ab"}, "ab/AUX c/NOUN"),
        # A tag the list lacks comes last; of equals the first.
        ("it", "a/NUM/3 b/DET/3 c/NOUN/0", {"1-2": "ab"}, "ab/DET c/NOUN"),
        ("it", "a/NUM/3 b/SYM/3 c/NOUN/0", {"1-2": "ab"}, "ab/NUM c/NOUN"),
        # Several fused forms in one sentence, and none.
        (
            "fr",
            "de/ADP/3 le/DET/3 pain/NOUN/0 à/ADP/6 le/DET/6 lait/NOUN/3",
            {"1-2": "du", "4-5": "au"},
            "du/ADP pain/NOUN au/ADP lait/NOUN",
        ),
        ("en", "I/PRON/2 sing/VERB/0", {}, "I/PRON sing/VERB"),
    ],
)
def test_a_fused_form_takes_the_place_and_tag_of_its_head(language, words, spans, right):
    assert fused(words, spans, language) == right


def test_enhanced_dependencies_count_as_the_reference_counts_them():
    """A word with a second head has more words above it, and so is lower."""
    words, spans = "a/ADP/3 b/DET/3 c/NOUN/0 d/VERB/3", {"1-2": "ab"}
    assert fused(words, spans).startswith("ab/ADP")
    deps = ["3:case|4:obl", "3:det", "0:root", "3:acl"]
    assert fused(words, spans, deps=deps).startswith("ab/DET")
    assert fused(words, spans, deps=["3.1:case", "3:det", None, "_"]).startswith("ab/ADP")


def test_a_circle_among_enhanced_dependencies_ends():
    deps = ["2:conj", "1:conj", None, None]
    assert fused("a/ADP/2 b/DET/3 c/NOUN/0 d/VERB/3", {"1-2": "ab"}, deps=deps)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("_/NOUN/0 _/PUNCT/1", False),
        ("_/NOUN/0 ./PUNCT/1", False),  # all but one: the reference's own rule
        ("_/NOUN/0 is/VERB/1 ./PUNCT/1", True),
        ("is/VERB/0", True),
        ("_/SYM/0", False),
    ],
)
def test_a_sentence_whose_words_are_withheld_is_left_out(words: str, kept: bool):
    assert bool(fused(words, {})) is kept


def test_words_are_single_tokens():
    """Spaces within a word and zero-width non-joiners go, as in the reference's files."""
    row = {"tokens": ["10 000", "می\u200cروم", "\u200c"], "head": ["0", "1", "1"]}
    row |= {"deps": [None] * 3, "mwt": None}
    found = with_fused_forms(row, ["NUM", "VERB", "X"], "fa")
    assert [word for word, _ in found] == ["10000", "میروم", "\u200c"]
