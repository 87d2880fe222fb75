"""Sentences → tokens, each word's tag on its first piece.

A word that the tokenizer makes nothing of is an unknown token; words beyond `max_length` have no
place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlt_core.kinds.arrays import IGNORED, chunks, is_cut, ragged, sequence_arrays
from xlt_core.kinds.kind import Ints
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.kinds.tokenizer import Tokenizer, Tokens


def encode_words(
    examples: Sequence[TaggingExample], tokenizer: Tokenizer, max_length: int
) -> tuple[dict[str, Ints], int]:
    """The arrays of an `EncodedSplit` of kind tagging, and how many sentences were cut."""
    ids: list[list[int]] = []
    types: list[list[int]] = []
    labels: list[Ints] = []
    positions: list[Ints] = []
    cut = 0
    for part in chunks(examples):
        for sentence, (own_ids, own_types, own_positions, own_cut) in zip(
            part, _tokenize_words(part, tokenizer, max_length), strict=True
        ):
            cut += own_cut
            own_labels = np.full(len(own_ids), IGNORED, dtype=np.int16)
            kept = own_positions >= 0
            own_labels[own_positions[kept]] = np.asarray(sentence.tags, dtype=np.int16)[kept]
            ids.append(own_ids)
            labels.append(own_labels)
            positions.append(own_positions)
            if own_types is not None:
                types.append(own_types)
    arrays = sequence_arrays(ids, types)
    arrays["labels"] = np.concatenate(labels)
    arrays["words"], arrays["word_starts"] = ragged(positions, np.int32)
    return arrays, cut


_Words = tuple[list[int], list[int] | None, Ints, bool]


def _tokenize_words(
    examples: Sequence[TaggingExample], tokenizer: Tokenizer, max_length: int
) -> Iterator[_Words]:
    """Ids, token types, where each word starts (-1 if cut), and whether any text was cut."""
    made = _tokenize(tokenizer, [list(example.words) for example in examples], max_length)
    for number, example in enumerate(examples):
        positions = _first_pieces(made.word_ids(number), len(example.words))
        if len(made["input_ids"][number]) < max_length:
            missing = np.flatnonzero(positions < 0)
        else:  # cut: what lacks a piece behind the last word seen may just be beyond the end
            seen = np.flatnonzero(positions >= 0)
            missing = np.flatnonzero(positions[: seen[-1] if len(seen) else 0] < 0)
        if not len(missing) or tokenizer.unk_token is None:
            yield _words(made, number, positions, max_length)
            continue
        # A word the tokenizer makes nothing of (a zero-width space) is an unknown token.
        words = list(example.words)
        for word in missing:
            words[word] = tokenizer.unk_token
        again = _tokenize(tokenizer, [words], max_length)
        yield _words(again, 0, _first_pieces(again.word_ids(0), len(words)), max_length)


def _words(made: Tokens, number: int, positions: Ints, max_length: int) -> _Words:
    types = made["token_type_ids"][number] if "token_type_ids" in made else None
    cut = is_cut(made, number, max_length) or bool((positions < 0).any())
    return made["input_ids"][number], types, positions, cut


def _tokenize(tokenizer: Tokenizer, sentences: list[list[str]], max_length: int) -> Tokens:
    return tokenizer(sentences, is_split_into_words=True, truncation=True, max_length=max_length)


def _first_pieces(word_ids: Sequence[int | None], words: int) -> Ints:
    positions = np.full(words, -1, dtype=np.int32)
    for token in range(len(word_ids) - 1, -1, -1):
        word = word_ids[token]
        if word is not None:
            positions[word] = token
    return positions
