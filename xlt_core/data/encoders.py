"""One encoder a kind: examples → the flat arrays of an `EncodedSplit`.

What does not fit into `max_length` tokens is cut, always at its end, and counted:

- classification: the longer text of a pair first, as in the reference;
- multiple choice: the context; question and choice are there whole (`choice_encoder`);
- tagging: the last words, which count as wrong;
- span QA: nothing of a context, which is cut into windows, and a question beyond its first 64
  tokens (`span_encoder`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from xlt_core.data.choice_encoder import encode_choices
from xlt_core.data.encoded import IGNORED, EncodedSplit, Ints
from xlt_core.data.examples import ChoiceExample, ClassificationExample, Example, TaggingExample
from xlt_core.data.span_encoder import encode_spans
from xlt_core.tasks.task import Kind

_CHUNK = 2000  # examples tokenized at once: bounds the memory their Python lists take


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
    width, words_cut = 1, 0
    if kind is Kind.CLASSIFICATION:
        arrays, rows_cut = _encode_classification(rows, tokenizer, max_length)
    elif kind is Kind.MULTIPLE_CHOICE:
        width = len(rows[0].choices)
        arrays, rows_cut = _encode_choices(rows, tokenizer, max_length)
    elif kind is Kind.TAGGING:
        arrays, rows_cut = _encode_tags(rows, tokenizer, max_length)
        words_cut = int((arrays["words"] < 0).sum())
    else:
        arrays, rows_cut = encode_spans(rows, tokenizer, max_length, stride)
    pad = tokenizer.pad_token_id or 0
    return EncodedSplit(kind, pad, width, len(examples), arrays, words_cut, rows_cut)


def ragged(rows: Iterable[Sequence[int]], dtype: Any) -> tuple[Ints, Ints]:
    """Lay rows end to end: values [N] and where each starts [rows + 1]."""
    parts = [np.asarray(row, dtype=dtype) for row in rows]
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    return (np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)), starts


_Arrays = tuple[dict[str, Ints], int]  # and the number of examples that were cut


def _encode_classification(
    examples: Sequence[ClassificationExample], tokenizer: Any, max_length: int
) -> _Arrays:
    ids: list[list[int]] = []
    types: list[list[int]] = []
    cut = 0
    for part in _chunks(examples):
        first = [one.first for one in part]
        second = None if part[0].second is None else [one.second or "" for one in part]
        made = tokenizer(first, second, truncation="longest_first", max_length=max_length)
        ids.extend(made["input_ids"])
        types.extend(made.get("token_type_ids", ()))
        cut += sum(is_cut(made, number, max_length) for number in range(len(part)))
    arrays = sequence_arrays(ids, types)
    arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
    return arrays, cut


def _encode_choices(examples: Sequence[ChoiceExample], tokenizer: Any, max_length: int) -> _Arrays:
    widths = {len(example.choices) for example in examples}
    if len(widths) > 1:
        raise ValueError(f"examples with different numbers of choices: {sorted(widths)}")
    ids: list[list[int]] = []
    types: list[list[int]] = []
    cut: list[bool] = []
    for part in _chunks(examples):
        for own_ids, own_types, own_cut in encode_choices(part, tokenizer, max_length):
            ids.append(own_ids)
            cut.append(own_cut)
            if own_types is not None:
                types.append(own_types)
    arrays = sequence_arrays(ids, types)
    arrays["labels"] = np.array([example.label for example in examples], dtype=np.int32)
    return arrays, int(np.reshape(cut, (len(examples), -1)).any(axis=1).sum())


def is_cut(made: Any, number: int, max_length: int) -> bool:
    """Whether sequence `number` of what a tokenizer made lost tokens to `max_length`."""
    full = len(made["input_ids"][number]) >= max_length
    return full and bool(made.encodings[number].overflowing)


def sequence_arrays(ids: list[list[int]], types: list[list[int]]) -> dict[str, Ints]:
    """`ids`, `starts`, and `types` where there are any."""
    flat, starts = ragged(ids, np.int32)
    arrays: dict[str, Ints] = {"ids": flat, "starts": starts}
    if types:
        arrays["types"] = np.fromiter(chain.from_iterable(types), dtype=np.int8, count=len(flat))
    return arrays


def _encode_tags(examples: Sequence[TaggingExample], tokenizer: Any, max_length: int) -> _Arrays:
    ids: list[list[int]] = []
    types: list[list[int]] = []
    labels: list[Ints] = []
    positions: list[Ints] = []
    cut = 0
    for part in _chunks(examples):
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
    arrays["words"], arrays["word_starts"] = ragged(positions, np.int32)  # type: ignore[arg-type]
    return arrays, cut


_Words = tuple[list[int], list[int] | None, Ints, bool]


def _tokenize_words(
    examples: Sequence[TaggingExample], tokenizer: Any, max_length: int
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


def _words(made: Any, number: int, positions: Ints, max_length: int) -> _Words:
    types = made["token_type_ids"][number] if "token_type_ids" in made else None
    cut = is_cut(made, number, max_length) or bool((positions < 0).any())
    return made["input_ids"][number], types, positions, cut


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
