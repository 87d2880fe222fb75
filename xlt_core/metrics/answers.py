"""Normalising answers into words before they are compared: SQuAD's way and MLQA's, by language.

SQuAD's is made for English and used by XQuAD and TyDiQA in every language, so that a Chinese or
Thai answer is often one single word and its F1 close to exact match. MLQA's knows the articles of
each language and takes Chinese character by character.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable

from xlt_core.vocabulary.errors import Mistake, UserMistake

_ASCII_PUNCTUATION = frozenset(string.punctuation)
_DROP_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_HAN = re.compile("[\u4e00-\u9fa5]")

# The Arabic pattern takes the two letters out wherever they stand, within words too, as the
# official script does; it keeps scores comparable, not Arabic whole.
_ARTICLES: dict[str, re.Pattern[str] | None] = {
    "en": _ENGLISH_ARTICLES,
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}


def squad_words(text: str) -> list[str]:
    """Return the words of an answer: lower case, no ASCII punctuation, no English articles."""
    plain = text.lower().translate(_DROP_ASCII_PUNCTUATION)
    return _ENGLISH_ARTICLES.sub(" ", plain).split()


def mlqa_normaliser(language: str) -> Callable[[str], list[str]]:
    """Return MLQA's normaliser of a language.

    Raises:
        UserMistake: the language is not one of MLQA's seven.
    """
    if language not in _ARTICLES:
        known = ", ".join(sorted(_ARTICLES))
        raise UserMistake(
            Mistake("metric", f"MLQA has no normaliser for {language!r}", f"it knows {known}")
        )
    return lambda text: mlqa_words(text, language)


def mlqa_words(text: str, language: str) -> list[str]:
    """Return the words of an answer in one of MLQA's languages.

    Lower case, no punctuation of any script, no articles of the language; in Chinese every Han
    character is a word.
    """
    plain = "".join(char for char in text.lower() if not _is_punctuation(char))
    articles = _ARTICLES[language]
    if articles is not None:
        plain = articles.sub(" ", plain)
    # Punctuation is gone by now; the official script would set it apart here as well.
    return (_HAN.sub(r" \g<0> ", plain) if language == "zh" else plain).split()


def _is_punctuation(char: str) -> bool:
    return char in _ASCII_PUNCTUATION or unicodedata.category(char).startswith("P")
