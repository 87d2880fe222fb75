"""One encoder a kind: examples → the flat arrays of an `EncodedSplit`.

Pairs are (premise, hypothesis); for multiple choice (context and question, choice), as in
XTREME-R's `run_xcopa.py`, whose words for COPA's question, "What was the cause?" and "What was the
effect?", are used in every language. Too long pairs lose tokens from the longer side first. Span QA
is in `span_encoder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from xlt_core.data.encoded import IGNORED, EncodedSplit, Ints
from xlt_core.data.examples import ChoiceExample, ClassificationExample, Example, TaggingExample
from xlt_core.data.span_encoder import encode_spans
from xlt_core.tasks.task import Kind

_CHUNK = 2000  # examples tokenized at once: bounds the memory their Python lists take
_COPA_QUESTIONS = {"cause": "What was the cause?", "effect": "What was the effect?"}


def encode(
    kind: Kind, examples: Sequence[Example], tokenizer: Any, max_length: int, stride: int
) -> EncodedSplit:
    """Encode examples, all of the kind's form. `stride` is for span QA alone.

    Raises:
        ValueError: `max_length` leaves no room for text beside the special tokens.
    """
    room = max_length - tokenizer.num_special_tokens_to_add(pair=True)
    if room < 2:
        raise ValueError(f"max_length {max_length} leaves no room for a pair of texts")
    rows: Any = examples
    width, cut = 1, 0
    if kind is Kind.CLASSIFICATION:
        arrays = _encode_classification(rows, tokenizer, max_length)
    elif kind is Kind.MULTIPLE_CHOICE:
        width = len(rows[0].choices)
        arrays = _encode_choices(rows, tokenizer, max_length)
    elif kind is Kind.TAGGING:
        arrays = _encode_tags(rows, tokenizer, max_length)
        cut = int((arrays["words"] < 0).sum())
    else:
        arrays = encode_spans(rows, tokenizer, max_length, stride)
    pad = tokenizer.pad_token_id
    return EncodedSplit(kind, 0 if pad is None else pad, width, len(examples), arrays, cut)


def ragged(rows: Iterable[Sequence[int]], dtype: Any) -> tuple[Ints, Ints]:
    """Lay rows end to end: values [N] and where each starts [rows + 1]."""
    parts = [np.asarray(row, dtype=dtype) for row in rows]
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    return (np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)), starts


def put_question(example: ChoiceExample) -> str:
    """The text that every choice is paired with: context, then question, in words."""
    question = _COPA_QUESTIONS.get(example.question, example.question)
    return f"{example.context} {question}".strip()


def _encode_classification(
    examples: Sequence[ClassificationExample], tokenizer: Any, max_length: int
) -> dict[str, Ints]:
    pairs = [(example.first, example.second) for example in examples]
    arrays = _encode_pairs(pairs, tokenizer, max_length)
    arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
    return arrays


def _encode_choices(
    examples: Sequence[ChoiceExample], tokenizer: Any, max_length: int
) -> dict[str, Ints]:
    widths = {len(example.choices) for example in examples}
    if len(widths) > 1:
        raise ValueError(f"examples with different numbers of choices: {sorted(widths)}")
    pairs: list[tuple[str, str | None]] = []
    for example in examples:
        asked = put_question(example)
        pairs.extend((asked, choice) for choice in example.choices)
    arrays = _encode_pairs(pairs, tokenizer, max_length)
    arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
    return arrays


def _encode_pairs(
    pairs: Sequence[tuple[str, str | None]], tokenizer: Any, max_length: int
) -> dict[str, Ints]:
    ids: list[list[int]] = []
    types: list[list[int]] = []
    for part in _chunks(pairs):
        first = [one for one, _ in part]
        second = None if part[0][1] is None else [two or "" for _, two in part]
        made = tokenizer(first, second, truncation="longest_first", max_length=max_length)
        ids.extend(made["input_ids"])
        types.extend(made.get("token_type_ids", ()))
    return sequence_arrays(ids, types)


def sequence_arrays(ids: list[list[int]], types: list[list[int]]) -> dict[str, Ints]:
    """`ids`, `starts`, and `types` where there are any."""
    flat, starts = ragged(ids, np.int32)
    arrays: dict[str, Ints] = {"ids": flat, "starts": starts}
    if types:
        arrays["types"] = np.fromiter(chain.from_iterable(types), dtype=np.int8, count=len(flat))
    return arrays


def _encode_tags(
    examples: Sequence[TaggingExample], tokenizer: Any, max_length: int
) -> dict[str, Ints]:
    ids: list[list[int]] = []
    types: list[list[int]] = []
    labels: list[Ints] = []
    positions: list[Ints] = []
    for part in _chunks(examples):
        for sentence, (own_ids, own_types, own_positions) in zip(
            part, _tokenize_words(part, tokenizer, max_length), strict=True
        ):
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
    arrays["words"], arrays["word_starts"] = ragged(positions, np.int32)  # type: ignore[arg-type]
    return arrays


_Words = tuple[list[int], list[int] | None, Ints]


def _tokenize_words(
    examples: Sequence[TaggingExample], tokenizer: Any, max_length: int
) -> Iterator[_Words]:
    """Ids, token types, and where each word starts (-1 if cut), for each sentence."""
    made = _tokenize(tokenizer, [list(example.words) for example in examples], max_length)
    for number, example in enumerate(examples):
        positions = _first_pieces(made.word_ids(number), len(example.words))
        if len(made["input_ids"][number]) < max_length:
            missing = np.flatnonzero(positions < 0)
        else:  # cut: what lacks a piece behind the last word seen may just be beyond the end
            seen = np.flatnonzero(positions >= 0)
            missing = np.flatnonzero(positions[: seen[-1] if len(seen) else 0] < 0)
        if not len(missing):
            own_types = made["token_type_ids"][number] if "token_type_ids" in made else None
            yield made["input_ids"][number], own_types, positions
            continue
        # A word the tokenizer makes nothing of (a zero-width space) is an unknown token.
        words = list(example.words)
        for word in missing:
            words[word] = tokenizer.unk_token
        again = _tokenize(tokenizer, [words], max_length)
        own_types = again["token_type_ids"][0] if "token_type_ids" in again else None
        yield again["input_ids"][0], own_types, _first_pieces(again.word_ids(0), len(words))


def _tokenize(tokenizer: Any, sentences: list[list[str]], max_length: int) -> Any:
    return tokenizer(sentences, is_split_into_words=True, truncation=True, max_length=max_length)


def _first_pieces(word_ids: Sequence[int | None], words: int) -> Ints:
    positions = np.full(words, -1, dtype=np.int32)
    for token in range(len(word_ids) - 1, -1, -1):
        word = word_ids[token]
        if word is not None:
            positions[word] = token
    return positions


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
