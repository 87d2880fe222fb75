"""Places of tokens in a text: the characters, as a reader would cut them, that each one stands for.

Tokenizers compose characters (NFKC) or strip accents before they cut, and then place a token on its
base characters alone: in decomposed text (NFD, conjoining Hangul) an answer would lose its last
accent, or the end of a syllable. Here what stands in no token and cannot stand by itself goes to
the token before it. What a token of its own stands for (a Thai or Devanagari vowel sign) stays
there. Neighbour: `span_encoder`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]

_JOINERS = "\u200c\u200d"
_VIRAMA = 9  # the canonical combining class of signs that take a consonant's vowel away


def trimmed(offsets: Ints, is_context: NDArray[np.bool_], context: str) -> Ints:
    """Offsets [T, 2] without the white space some tokenizers count in; (-1, -1) elsewhere."""
    spaces = np.array([character.isspace() for character in context] + [False])
    found = np.where(is_context[:, None], offsets, -1).astype(np.int32)
    starts, ends = found[:, 0], found[:, 1]
    while True:
        leading = (starts >= 0) & (starts < ends - 1) & spaces[starts]
        trailing = (ends > starts + 1) & spaces[ends - 1]
        if not (leading.any() or trailing.any()):
            return found
        starts += leading
        ends -= trailing & ~leading


def whole_characters(windows: Sequence[Ints], context: str) -> list[Ints]:
    """Offsets of all windows of one context, each token with the marks that follow it.

    Args:
        windows: offsets [T, 2] of each window, (-1, -1) for tokens that are not the context's;
            together they hold every token of the context.
    """
    ends = _ends_with_marks(windows, context)
    if ends is None:
        return list(windows)
    found = []
    for offsets in windows:
        grown = offsets.copy()
        filled = offsets[:, 1] > offsets[:, 0]
        grown[filled, 1] = ends[offsets[filled, 1]]
        found.append(grown)
    return found


def _ends_with_marks(windows: Sequence[Ints], context: str) -> Ints | None:
    """For each place of the context, where its run of marks ends; None where none follows."""
    missing = np.flatnonzero(~_in_tokens(windows, len(context)))
    marks = [place for place in missing.tolist() if is_mark(context, place)]
    if not marks:
        return None
    ends = np.arange(len(context) + 1, dtype=np.int32)
    for place in reversed(marks):
        ends[place] = ends[place + 1]
    return ends


def _in_tokens(windows: Sequence[Ints], length: int) -> NDArray[np.bool_]:
    """Whether each character of the context [length] stands in some token."""
    edges = np.zeros(length + 1, dtype=np.int64)
    for offsets in windows:
        inside = offsets[offsets[:, 0] >= 0]
        np.add.at(edges, inside[:, 0], 1)
        np.add.at(edges, inside[:, 1], -1)
    covered: NDArray[np.bool_] = np.cumsum(edges)[:length] > 0
    return covered


def is_mark(text: str, place: int) -> bool:
    """Whether the character at `place` belongs to the one before it.

    Combining marks of any script, the vowels and finals of Hangul syllables written in letters,
    half-width voice marks, and a joiner after a virama; a joiner elsewhere parts two words
    (Persian). Source: grapheme clusters of Unicode Standard Annex 29, less what follows a letter
    without changing it.
    """
    if text[place] in _JOINERS:
        return place > 0 and unicodedata.combining(text[place - 1]) == _VIRAMA
    composed = unicodedata.normalize("NFKC", text[place])[0]
    if unicodedata.category(composed).startswith("M"):
        return True
    return "\u1160" <= composed <= "\u11ff" or "\ud7b0" <= composed <= "\ud7fb"
